import { expect, test } from "vitest";
import { newId } from "@leo/core/id.ts";
import { previewConditions, previewHostId, previewPlace } from "../../src/preview/url.ts";

test("a preview host belongs to exactly one generation", () => {
  const id = newId();
  const place = previewPlace("https://{generationId}.preview.leo.example.com");
  const hosts: Record<string, string | null | undefined> = {
    [`${id}.preview.leo.example.com`]: id,
    [`${id}.preview.leo.example.com.`]: id,
    "x.preview.leo.example.com": null,
    [`a.${id}.preview.leo.example.com`]: null,
    "preview.leo.example.com": undefined,
    "leo.example.com": undefined,
    [`${id}.preview.leo.example.com.evil.example`]: undefined,
    "10.0.0.7": undefined,
  };
  for (const [host, expected] of Object.entries(hosts)) {
    expect([host, previewHostId(place, host)]).toEqual([host, expected]);
  }
  expect(
    previewHostId(previewPlace("https://leo.example.com/preview/{generationId}/"), `${id}.x`),
  ).toBeUndefined();
  for (const template of [
    "https://x-{generationId}.example.com",
    "https://x.example.com/?id={generationId}",
    "https://x.example.com/{generationId}/",
  ]) {
    expect(() => previewPlace(template)).toThrow("must start with");
  }
});

const HOST = { ownOrigin: true, secureContext: true };
const PATH = { ownOrigin: false, secureContext: true };
const PLAIN_PATH = { ownOrigin: false, secureContext: false };

test.for([
  ["http://localhost:5013", "http://{generationId}.localhost:5013", HOST],
  ["http://127.0.0.1:5013", "http://{generationId}.localhost:5013/", HOST],
  ["https://leo.example.com", "https://{generationId}.preview.leo.example.com", HOST],
  ["https://leo.example.com", "https://leo.example.com/preview/{generationId}/", PATH],
  ["http://[::1]:5013", "http://[::1]:5013/preview/{generationId}/", PATH],
  [
    "http://leo.us-east-1.elb.amazonaws.com",
    "http://leo.us-east-1.elb.amazonaws.com/preview/{generationId}/",
    PLAIN_PATH,
  ],
  ["http://notlocalhost", "http://notlocalhost/preview/{generationId}/", PLAIN_PATH],
  ["http://127.0.0.1.nip.io", "http://127.0.0.1.nip.io/preview/{generationId}/", PLAIN_PATH],
  // The page around the frame counts as well.
  ["http://leo.test", "http://{generationId}.localhost", { ownOrigin: true, secureContext: false }],
] as const)(
  "what browsers grant an app of %s at %s",
  ([LEO_PUBLIC_URL, LEO_PREVIEW_URL_TEMPLATE, granted]) => {
    expect(previewConditions({ LEO_PUBLIC_URL, LEO_PREVIEW_URL_TEMPLATE })).toEqual(granted);
  },
);
