import { once } from "node:events";
import { readFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { createServer } from "node:tls";
import { describe, expect, test } from "vitest";
import { certificateCheck } from "../src/checks/certificate.ts";
import { previewsCheck } from "../src/checks/previews.ts";
import { awsJson, closedUrl, refusal, type Reply, withServer } from "./support/stand-in.ts";
import { stageWith, targetWith, told } from "./support/target.ts";

const fixture = (name: string) => readFile(path.join(import.meta.dirname, "fixtures", name), "utf8");
const [cert, key] = await Promise.all([fixture("leo.test.crt"), fixture("leo.test.key")]);

const NOW = new Date("2126-10-01T00:00:00Z");

/** Nobody answers there. */
const closedTls = async () => ({
  host: "leo.test",
  previewDomain: "preview.leo.test",
  port: Number(new URL(await closedUrl()).port),
  connectTo: "127.0.0.1",
});

/** What is said of a site with the fixture's certificate, seen at `now`. */
const seen = async (host: string, { now = NOW, trusted = true } = {}) => {
  const server = createServer({ cert, key });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const tls = {
    host,
    previewDomain: `preview.${host}`,
    port,
    connectTo: "127.0.0.1",
    ...(trusted && { ca: cert }),
  };
  try {
    return await told(
      certificateCheck(() => now),
      targetWith({ tls }),
    );
  } finally {
    server.close();
  }
};

describe("what a browser is shown", () => {
  test("is for the domain and its previews", async () => {
    expect(await seen("leo.test")).toEqual([
      "ok: leo.test: valid for 30 days",
      "ok: doctor.preview.leo.test: valid for 30 days",
    ]);
  });

  test("is for another domain", async () => {
    expect(await seen("leo.example.com")).toEqual([
      "failure: the certificate doesn't cover leo.example.com",
      "failure: the certificate doesn't cover doctor.preview.leo.example.com",
    ]);
  });

  test("is nearly over, over, or not trusted", async () => {
    expect((await seen("leo.test", { now: new Date("2126-10-25T00:00:00Z") }))[0]).toBe(
      "warning: the certificate of leo.test expires in 6 days",
    );
    expect((await seen("leo.test", { now: new Date("2127-01-01T00:00:00Z") }))[0]).toBe(
      "failure: the certificate of leo.test expired on Oct 31 08:21:52 2126 GMT",
    );
    expect((await seen("leo.test", { trusted: false }))[0]).toMatch(
      /^failure: browsers don't trust the certificate of leo.test \(/,
    );
  });

  test("is nothing: a failure only once something is deployed", async () => {
    const tls = await closedTls();
    const [up] = await told(certificateCheck(), targetWith({ tls }));
    const [before] = await told(certificateCheck(), targetWith({ tls, isUp: false }));
    expect(up).toBe("failure: leo.test presents no certificate: the connection is refused");
    expect(before).toBe("ok: leo.test doesn't answer yet (the connection is refused)");
  });

  test("is not asked for without a domain", async () => {
    expect(await told(certificateCheck(), targetWith())).toEqual([
      "warning: there is no domain: the site is plain HTTP, and passwords cross the network readable",
    ]);
  });
});

describe("the stage's own certificate in ACM", () => {
  const ARN = "arn:aws:acm:us-east-1:111122223333:certificate/0123";
  const inAcm = async (reply: Reply) =>
    withServer(awsJson({ DescribeCertificate: () => reply }), async (url) => {
      const stage = stageWith({
        LEO_DOMAIN: "leo.test",
        LEO_DNS: "off",
        LEO_CERTIFICATE_ARN: ARN,
      });
      const tls = await closedTls();
      return (await told(certificateCheck(), targetWith({ stage, tls, isUp: false }, url)))[0];
    });
  const certificate = (Status: string, SubjectAlternativeNames: string[]) => ({
    body: { Certificate: { Status, SubjectAlternativeNames } },
  });

  test("is issued for both names", async () => {
    expect(await inAcm(certificate("ISSUED", ["leo.test", "*.preview.leo.test"]))).toBe(
      "ok: the certificate in ACM is issued, for the domain and its previews",
    );
  });

  test("waits for validation, lacks the previews, is gone or may not be read", async () => {
    expect(await inAcm(certificate("PENDING_VALIDATION", []))).toBe(
      "failure: the certificate in ACM is PENDING_VALIDATION, not ISSUED",
    );
    expect(await inAcm(certificate("ISSUED", ["leo.test"]))).toBe(
      "failure: the certificate in ACM doesn't cover *.preview.leo.test",
    );
    expect(await inAcm(refusal("ResourceNotFoundException"))).toBe(
      "failure: there is no such certificate in ACM",
    );
    expect(await inAcm(refusal("AccessDeniedException"))).toBe(
      "warning: these credentials may not read the certificate in ACM",
    );
  });
});

describe("previews", () => {
  const said = (settings: Record<string, string> = {}) =>
    told(previewsCheck, targetWith({ stage: stageWith(settings) }));

  test("under Leo's own domain are warned of, on a site of their own and under a path they are not", async () => {
    expect(await said({ LEO_DOMAIN: "leo.example.com" })).toEqual([
      expect.stringMatching(
        /^warning: LEO_PREVIEW_DOMAIN is not set: previews at \*\.preview\.leo\.example\.com share the site of leo\.example\.com/,
      ),
    ]);
    expect(await said({ LEO_DOMAIN: "leo.example.com", LEO_PREVIEW_DOMAIN: "leo-previews.example" })).toEqual(
      ["ok: previews are at *.leo-previews.example, a separate site"],
    );
    expect(await said()).toEqual(["ok: previews are under a path, sandboxed to an origin that is nobody's"]);
  });

  test("on a domain of their own must be in the certificate", async () => {
    const tls = { host: "leo.test", previewDomain: "other.test", port: 0, connectTo: "127.0.0.1", ca: cert };
    const server = createServer({ cert, key }).listen(0, "127.0.0.1");
    await once(server, "listening");
    try {
      const { port } = server.address() as AddressInfo;
      const lines = await told(
        certificateCheck(() => NOW),
        targetWith({ tls: { ...tls, port } }),
      );
      expect(lines).toEqual([
        "ok: leo.test: valid for 30 days",
        "failure: the certificate doesn't cover doctor.other.test",
      ]);
    } finally {
      server.close();
    }
  });
});
