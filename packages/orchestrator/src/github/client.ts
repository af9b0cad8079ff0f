/** The few calls of GitHub's REST API that a push makes. */
import { z } from "zod";
import { PassingFault, PushFault } from "./push-fault.ts";

const TIMEOUT_MS = 20_000;
const API_VERSION = "2022-11-28";

const Account = z.object({ id: z.int(), login: z.string() });

/** Names become part of git's URL, so only what GitHub allows is accepted. */
const Repository = z
  .object({
    id: z.int(),
    full_name: z.string().regex(/^[\w.-]+\/[\w.-]+$/),
    description: z.string().nullable(),
    private: z.boolean(),
    archived: z.boolean(),
    default_branch: z.string().regex(/^\w[\w./-]*$/),
  })
  .transform(({ full_name: name, default_branch: defaultBranch, ...rest }) => ({
    ...rest,
    name,
    defaultBranch,
  }));
export type Repository = z.infer<typeof Repository>;

const Invitations = z.array(z.object({ id: z.int(), invitee: z.object({ login: z.string() }).nullable() }));
const Refusal = z.object({
  message: z.string(),
  errors: z.array(z.object({ field: z.string().optional(), message: z.string().optional() })).optional(),
});

interface Answer {
  status: number;
  body: unknown;
}

export interface GitHub {
  /** The account that the token belongs to. */
  whoAmI(): Promise<z.infer<typeof Account>>;
  /** Creates an empty private repository. @returns undefined if the name is taken */
  create(
    organization: string | undefined,
    name: string,
    description: string,
  ): Promise<Repository | undefined>;
  /** @returns undefined if there is none, or the token can't see it */
  findById(id: number): Promise<Repository | undefined>;
  findByName(name: string): Promise<Repository | undefined>;
  /** Generated workflows must not run at the repository owner's expense or with their secrets. */
  disableActions(name: string): Promise<void>;
  /** @returns false if GitHub has no such user */
  invite(name: string, login: string): Promise<boolean>;
  /** Withdraws an invitation and any access it led to. */
  uninvite(name: string, login: string): Promise<void>;
}

const secondsUntil = (headers: Headers): number | undefined => {
  const retryAfter = Number(headers.get("retry-after") ?? Number.NaN);
  if (Number.isFinite(retryAfter)) return retryAfter;
  if (headers.get("x-ratelimit-remaining") !== "0") return undefined;
  return Math.max(0, Number(headers.get("x-ratelimit-reset") ?? 0) - Date.now() / 1_000);
};

const textOf = ({ body }: Answer) => {
  const { success, data } = Refusal.safeParse(body);
  if (!success) return "GitHub gave no reason";
  const errors = data.errors?.flatMap(({ message }) => message ?? []) ?? [];
  return [data.message, ...errors].join(" ");
};

/** Rejections that mean the same for every call. */
const refuse = (what: string, answer: Answer, headers: Headers): void => {
  const { status } = answer;
  const said = `${what}: ${status} ${textOf(answer)}`;
  if (status >= 500 || status === 408) throw new PassingFault(said);
  const seconds = secondsUntil(headers);
  const isLimit = status === 429 || (status === 403 && (seconds !== undefined || /rate limit/i.test(said)));
  if (isLimit) throw new PassingFault(said, seconds === undefined ? undefined : seconds * 1_000);
  if (status === 401 || status === 403) throw new PushFault("token_refused", { detail: said });
};

/** @returns a function that makes one call, and throws for refusals that mean the same for every call */
const createCaller = (apiUrl: string, token: string, signal: AbortSignal) => {
  /** One request and its response. Failures here are between GitHub and Leo. */
  const exchange = async (what: string, method: string, path: string, body?: object) => {
    const timeout = AbortSignal.timeout(TIMEOUT_MS);
    try {
      const response = await fetch(apiUrl.replace(/\/$/, "") + path, {
        method,
        headers: {
          accept: "application/vnd.github+json",
          "x-github-api-version": API_VERSION,
          "user-agent": "leo-saas",
          authorization: `Bearer ${token}`,
          ...(body ? { "content-type": "application/json" } : {}),
        },
        ...(body ? { body: JSON.stringify(body) } : {}),
        signal: AbortSignal.any([signal, timeout]),
      });
      const text = await response.text();
      const isJson = response.headers.get("content-type")?.includes("json") && text !== "";
      const answer = { status: response.status, body: isJson ? (JSON.parse(text) as unknown) : undefined };
      return { answer, headers: response.headers };
    } catch (cause) {
      signal.throwIfAborted();
      throw new PassingFault(`${what}: ${cause instanceof Error ? cause.message : String(cause)}`);
    }
  };

  return async (method: string, path: string, body?: object): Promise<Answer> => {
    const what = `${method} ${path}`;
    const { answer, headers } = await exchange(what, method, path, body);
    refuse(what, answer, headers);
    return answer;
  };
};

const expect = <Schema extends z.ZodType>(schema: Schema, what: string, answer: Answer): z.infer<Schema> => {
  if (answer.status >= 300) {
    throw new PushFault("refused", { detail: `${what}: ${answer.status} ${textOf(answer)}` });
  }
  return schema.parse(answer.body);
};

/**
 * Opens the API.
 * @param signal aborts current calls
 * @returns calls that throw PassingFault for temporary faults and PushFault for others
 */
export const openGitHub = (apiUrl: string, token: string, signal: AbortSignal): GitHub => {
  const call = createCaller(apiUrl, token, signal);

  const find = async (path: string): Promise<Repository | undefined> => {
    const answer = await call("GET", path);
    return answer.status === 404 ? undefined : expect(Repository, path, answer);
  };

  return {
    whoAmI: async () => expect(Account, "GET /user", await call("GET", "/user")),
    create: async (organization, name, description) => {
      const path = organization ? `/orgs/${organization}/repos` : "/user/repos";
      const answer = await call("POST", path, {
        name,
        description,
        private: true,
        has_issues: false,
        has_projects: false,
        has_wiki: false,
      });
      const refused = answer.status === 422 ? Refusal.safeParse(answer.body).data : undefined;
      if (refused?.errors?.some(({ field }) => field === "name")) return undefined;
      if (answer.status !== 404) return expect(Repository, `POST ${path}`, answer);
      throw new PushFault("token_refused", {
        detail: `POST ${path}: 404, the token may not make repositories there`,
      });
    },
    // The address that GitHub redirects to after a repository was renamed or transferred.
    findById: (id) => find(`/repositories/${id}`),
    findByName: (name) => find(`/repos/${name}`),
    disableActions: async (name) => {
      const path = `/repos/${name}/actions/permissions`;
      const answer = await call("PUT", path, { enabled: false });
      // 409: the organization has already disabled them.
      if (answer.status !== 409) expect(z.unknown(), `PUT ${path}`, answer);
    },
    invite: async (name, login) => {
      const path = `/repos/${name}/collaborators/${login}`;
      const answer = await call("PUT", path, { permission: "push" });
      if (answer.status === 404 || answer.status === 422) return false;
      expect(z.unknown(), `PUT ${path}`, answer);
      return true;
    },
    uninvite: async (name, login) => {
      const path = `/repos/${name}/invitations`;
      const open = await call("GET", `${path}?per_page=100`);
      if (open.status === 404) return;
      for (const { id, invitee } of expect(Invitations, `GET ${path}`, open)) {
        if (invitee?.login.toLowerCase() === login.toLowerCase()) await call("DELETE", `${path}/${id}`);
      }
      await call("DELETE", `/repos/${name}/collaborators/${login}`);
    },
  };
};
