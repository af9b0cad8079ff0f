import { importJWK, type JWK } from "jose";
import { z } from "zod";
import type { Check } from "../check.ts";
import { failure, type Finding, ok, warning } from "../finding.ts";
import { parseJson } from "@leo/core/parse-json.ts";
import { probe } from "../probe.ts";
import { secretOf, type Target } from "../target.ts";

const Keys = z.object({ keys: z.array(z.looseObject({ kty: z.string(), alg: z.string().optional() })) });

const ASYMMETRIC = new Set(["ES256", "RS256"]);
const LOOK_AT_JWT_KEYS = "In the project's settings, under JWT keys, make an asymmetric key the signing key.";

const NO_KEY = "it publishes no key: the project signs with a shared secret";

const keyFindings = async (text: string, hasSharedSecret: boolean): Promise<Finding[]> => {
  const parsed = Keys.safeParse(parseJson(text));
  if (!parsed.success) return [failure("the keys (JWKS) are not what Supabase Auth publishes")];
  const { keys } = parsed.data;
  if (keys.length === 0 && hasSharedSecret) {
    return [warning(`${NO_KEY}, and SupabaseJwtSecret holds one`, LOOK_AT_JWT_KEYS)];
  }
  if (keys.length === 0) {
    return [failure(NO_KEY, `${LOOK_AT_JWT_KEYS} Until then, set the secret SupabaseJwtSecret.`)];
  }
  if (keys.some((key) => key.kty === "oct" || "d" in key)) {
    return [failure("its keys (JWKS) hold a secret one that anybody can read", LOOK_AT_JWT_KEYS)];
  }
  const usable = keys.filter(({ alg }) => alg !== undefined && ASYMMETRIC.has(alg));
  if (usable.length === 0)
    return [failure("none of its keys is ES256 or RS256, which Leo verifies", LOOK_AT_JWT_KEYS)];
  const imported = await Promise.allSettled(usable.map((key) => importJWK(key as JWK)));
  const broken = imported.filter(({ status }) => status === "rejected").length;
  if (broken > 0) return [failure(`${broken} of its ${usable.length} keys can't be read`, LOOK_AT_JWT_KEYS)];
  return [ok(`reachable, ${usable.length} signing key${usable.length === 1 ? "" : "s"}`)];
};

const publicKeyFinding = async (base: string, target: Target, signal: AbortSignal): Promise<Finding[]> => {
  const apikey = target.secrets.SupabaseAnonKey;
  if (!apikey) return [];
  const answer = await probe(`${base}/settings`, signal, { headers: { apikey } });
  if ("unreachable" in answer) return [failure(`sign-in can't be reached: ${answer.unreachable}`)];
  if (answer.status === 401 || answer.status === 403) {
    return [
      failure("the project doesn't know SupabaseAnonKey", "Copy the publishable key of the same project."),
    ];
  }
  if (answer.status !== 200)
    return [failure(`sign-in returns ${answer.status}`, "Check Supabase's status page.")];
  return [ok("the publishable key is accepted")];
};

/** Sign-in: the project answers, publishes keys that Leo can use, and accepts the browser's key. */
export const supabaseCheck: Check = {
  name: "supabase",
  run: async (target, signal) => {
    const url = secretOf(target, "SupabaseUrl");
    const base = `${url.replace(/\/+$/, "")}/auth/v1`;
    const answer = await probe(`${base}/.well-known/jwks.json`, signal);
    if ("unreachable" in answer) {
      return [
        failure(
          `${new URL(url).host} can't be reached: ${answer.unreachable}`,
          "Is the project paused, or SupabaseUrl wrong?",
        ),
      ];
    }
    if (answer.status !== 200)
      return [failure(`its keys (JWKS) return ${answer.status}`, "Is SupabaseUrl the project's URL?")];
    const [keys, publicKey] = await Promise.all([
      keyFindings(answer.text, Boolean(target.secrets.SupabaseJwtSecret)),
      publicKeyFinding(base, target, signal),
    ]);
    return [...keys, ...publicKey];
  },
};
