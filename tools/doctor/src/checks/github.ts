import type { Check } from "../check.ts";
import { failure, type Finding, ok, warning } from "../finding.ts";
import { type Answer, probe } from "../probe.ts";
import { secretOf } from "../target.ts";

const DAY_MS = 24 * 3600 * 1_000;
const EXPIRES_SOON_MS = 14 * DAY_MS;
const MAKE_ANOTHER = "Create another token for the bot's account and set GithubBotToken.";

/** A classic token reports its scopes; a fine-grained one has none. */
const scopes = (header: string | null): Finding => {
  if (header === null) {
    return ok("accepted; its permissions are not told, it needs Administration and Contents: write");
  }
  const has = new Set(header.split(",").map((scope) => scope.trim()));
  if (has.has("repo")) return ok("accepted, with scope repo");
  if (has.has("public_repo")) {
    return warning("accepted, but without scope repo only public repositories can be made", MAKE_ANOTHER);
  }
  return failure("the token lacks scope repo, so Leo can't push with it", MAKE_ANOTHER);
};

const expiry = (header: string | null, now: Date): Finding[] => {
  // GitHub writes `2026-12-01 10:00:00 UTC`.
  const at = Date.parse((header ?? "").replace(" UTC", "Z").replace(" ", "T"));
  if (Number.isNaN(at) || at - now.getTime() > EXPIRES_SOON_MS) return [];
  const days = Math.max(0, Math.floor((at - now.getTime()) / DAY_MS));
  return [warning(`the token expires in ${days} days`, MAKE_ANOTHER)];
};

const judge = ({ status, headers }: Answer, now: Date): Finding[] => {
  if (status === 401) return [failure("GitHub rejects the token", MAKE_ANOTHER)];
  if (status === 403 || status === 429) {
    return [warning(`GitHub returns ${status}`, "Its rate limit may be reached; try again in an hour.")];
  }
  if (status !== 200) return [warning(`GitHub returns ${status}`, "See https://www.githubstatus.com.")];
  return [
    scopes(headers.get("x-oauth-scopes")),
    ...expiry(headers.get("github-authentication-token-expiration"), now),
  ];
};

/** The token that Leo pushes with. */
export const githubCheck = (now: () => Date = () => new Date()): Check => ({
  name: "github",
  run: async (target, signal) => {
    const token = target.stage ? secretOf(target, "GithubBotToken") : target.secrets.GithubBotToken;
    if (!token || token === "none") return [ok("no token: pushing to GitHub is off")];
    const answer = await probe(`${target.githubUrl.replace(/\/+$/, "")}/user`, signal, {
      headers: {
        authorization: `Bearer ${token}`,
        accept: "application/vnd.github+json",
        "user-agent": "leo-doctor",
      },
    });
    if ("unreachable" in answer) return [failure(`GitHub can't be reached: ${answer.unreachable}`)];
    return judge(answer, now());
  },
});
