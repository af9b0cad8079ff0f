/**
 * A GitHub of one's own for tests: the REST calls that pushing makes, and real git over HTTP
 * (`git http-backend`), both behind the same token.
 */
import { randomBytes } from "node:crypto";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";
import { gitEnv, serveGit } from "./git-server.ts";

export interface GithubRepository {
  id: number;
  /** `owner/name` */
  name: string;
  description: string;
  archived: boolean;
  actions: boolean;
  collaborators: string[];
  invitations: { id: number; login: string }[];
}

export interface TestGithub {
  apiUrl: string;
  gitUrl: string;
  token: string;
  repositories: Map<number, GithubRepository>;
  /** Every request so far: method and path with query, as it stood on the wire. */
  requests: string[];
  /** Users whom GitHub knows. */
  users: Set<string>;
  repository(name: string): GithubRepository;
  rename(from: string, to: string): Promise<void>;
  remove(name: string): Promise<void>;
  /** Whether calls and pushes with the token are turned away. */
  revoke(isRevoked: boolean): void;
  /** The next requests that fit are answered with these statuses instead. */
  failNext(fits: RegExp, statuses: number[], headers?: Record<string, string>): void;
  /** While set, what fits gets no answer: its connection breaks off. */
  cut(fits: RegExp | undefined): void;
  /** Holds the next push at the door until the returned function is called. */
  holdPush(): { arrived: Promise<void>; release: () => void };
  /** Runs git in a repository as its server would. */
  git(name: string, ...args: string[]): Promise<string>;
  /** Puts a commit of somebody else onto a branch that is there already. */
  commitElsewhere(name: string, path: string, content: string): Promise<string>;
}

/** The only account. */
const OWNER = "leo-bot";
const run = promisify(execFile);

const viewOf = ({ id, name, description, archived }: GithubRepository) => ({
  id,
  full_name: name,
  description,
  private: true,
  archived,
  default_branch: "main",
});

/** Runs with an empty GitHub whose only account is `leo-bot`. */
export const withGithub = async <T>(runTest: (github: TestGithub) => Promise<T>): Promise<T> => {
  const root = await mkdtemp(join(tmpdir(), "leo-test-github-"));
  const repositories = new Map<number, GithubRepository>();
  const requests: string[] = [];
  const users = new Set<string>();
  const faults: { fits: RegExp; status: number; headers: Record<string, string> }[] = [];
  // Its own for each: tests look for it in every process of the machine, and others may run beside them.
  const token = `github_pat_${randomBytes(11).toString("hex")}`;
  let isRevoked = false;
  let isCut: RegExp | undefined;
  let lastId = 1_000;
  let gate: { arrive: () => void; opened: Promise<void> } | undefined;

  const byName = (name: string) => [...repositories.values()].find((each) => each.name === name);
  const directory = (name: string) => join(root, `${name}.git`);

  const create = async (owner: string, body: { name: string; description: string }) => {
    const name = `${owner}/${body.name}`;
    if (byName(name)) {
      const errors = [
        { resource: "Repository", code: "custom", field: "name", message: "name already exists" },
      ];
      return [422, { message: "Repository creation failed.", errors }] as const;
    }
    const id = (lastId += 1);
    const made = { id, name, description: body.description, archived: false, actions: true };
    repositories.set(id, { ...made, collaborators: [], invitations: [] });
    await mkdir(directory(name), { recursive: true });
    await run("git", ["init", "--bare", "--quiet", "--initial-branch=main", directory(name)], {
      env: gitEnv,
    });
    return [201, viewOf(repositories.get(id) as GithubRepository)] as const;
  };

  const collaborator = (method: string, repository: GithubRepository, login: string) => {
    const rest = repository.collaborators.filter((each) => each !== login);
    if (method === "DELETE") repository.collaborators = rest;
    if (method === "DELETE") return [204, undefined] as const;
    if (!users.has(login)) return [404, { message: "Not Found" }] as const;
    repository.invitations.push({ id: (lastId += 1), login });
    return [201, {}] as const;
  };

  /** What the REST API answers. */
  const answer = async (method: string, path: string, body: never): Promise<readonly [number, unknown]> => {
    const missing = [404, { message: "Not Found" }] as const;
    if (path === "/user") return [200, { id: 77, login: OWNER }];
    if (method === "POST" && path === "/user/repos") return create(OWNER, body);
    const [, organization] = /^\/orgs\/([^/]+)\/repos$/.exec(path) ?? [];
    if (method === "POST" && organization) return create(organization, body);
    const [, id] = /^\/repositories\/(\d+)$/.exec(path) ?? [];
    if (id) {
      const found = repositories.get(Number(id));
      return found ? [200, viewOf(found)] : missing;
    }
    const [, name = "", rest = ""] = /^\/repos\/([^/]+\/[^/]+)(\/.*)?$/.exec(path) ?? [];
    const repository = byName(name);
    if (!repository) return missing;
    if (rest === "") return [200, viewOf(repository)];
    if (rest === "/actions/permissions") {
      repository.actions = (body as { enabled: boolean }).enabled;
      return [204, undefined];
    }
    if (rest === "/invitations") {
      return [200, repository.invitations.map((each) => ({ id: each.id, invitee: { login: each.login } }))];
    }
    const [, invitation] = /^\/invitations\/(\d+)$/.exec(rest) ?? [];
    if (invitation) {
      repository.invitations = repository.invitations.filter((each) => each.id !== Number(invitation));
      return [204, undefined];
    }
    const [, login] = /^\/collaborators\/([\w-]+)$/.exec(rest) ?? [];
    return login ? collaborator(method, repository, login) : missing;
  };

  const isKnown = ({ headers: { authorization = "" } }: IncomingMessage) => {
    const basic = `Basic ${Buffer.from(`x-access-token:${token}`).toString("base64")}`;
    return !isRevoked && (authorization === `Bearer ${token}` || authorization === basic);
  };

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = "GET", url = "" } = request;
    requests.push(`${method} ${url}`);
    if (isCut?.test(url)) return void request.socket.destroy();
    const { pathname, search } = new URL(url, "http://localhost");
    const index = faults.findIndex(({ fits }) => fits.test(`${method} ${url}`));
    const [fault] = index === -1 ? [] : faults.splice(index, 1);
    if (fault) {
      request.resume();
      return void response.writeHead(fault.status, fault.headers).end();
    }
    if (!isKnown(request)) {
      request.resume();
      const headers = { "www-authenticate": 'Basic realm="GitHub"', "content-type": "application/json" };
      return void response.writeHead(401, headers).end(JSON.stringify({ message: "Bad credentials" }));
    }
    if (pathname.startsWith("/git/")) {
      if (gate && method === "POST" && pathname.endsWith("/git-receive-pack")) {
        gate.arrive();
        await gate.opened;
      }
      const path = pathname.slice("/git".length);
      const [, name = ""] = /^\/([^/]+\/[^/]+)\.git\//.exec(path) ?? [];
      if (byName(name))
        return serveGit({ root, path, query: search.slice(1), user: OWNER }, request, response);
      request.resume();
      return void response.writeHead(404).end();
    }
    const sent = await text(request);
    const [status, body] = await answer(
      method,
      pathname.slice("/api".length),
      (sent ? JSON.parse(sent) : {}) as never,
    );
    response.writeHead(status, { "content-type": "application/json" });
    response.end(body === undefined ? undefined : JSON.stringify(body));
  };

  const server = createServer((request, response) => {
    serve(request, response).catch((cause: unknown) => response.destroy(cause as Error));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const repository = (name: string) => {
    const found = byName(name);
    if (!found) throw new Error(`no repository ${name}`);
    return found;
  };
  const git = async (name: string, ...args: string[]) =>
    (await run("git", ["-C", directory(name), ...args], { env: gitEnv })).stdout.trim();

  try {
    return await runTest({
      apiUrl: `${origin}/api`,
      gitUrl: `${origin}/git`,
      token,
      repositories,
      requests,
      users,
      repository,
      rename: async (from, to) => {
        await rename(directory(from), directory(to));
        repository(from).name = to;
      },
      remove: async (name) => {
        repositories.delete(repository(name).id);
        await rm(directory(name), { recursive: true });
      },
      revoke: (revoked) => (isRevoked = revoked),
      failNext: (fits, statuses, headers = {}) => {
        faults.push(...statuses.map((status) => ({ fits, status, headers })));
      },
      cut: (fits) => (isCut = fits),
      holdPush: () => {
        let arrive = () => {};
        let open = () => {};
        const arrived = new Promise<void>((resolve) => (arrive = resolve));
        const opened = new Promise<void>((resolve) => (open = resolve));
        gate = { arrive, opened };
        return {
          arrived,
          release: () => {
            gate = undefined;
            open();
          },
        };
      },
      git,
      commitElsewhere: async (name, path, content) => {
        const work = await mkdtemp(join(root, "work-"));
        const at = async (...args: string[]) =>
          (await run("git", ["-C", work, ...args], { env: gitEnv })).stdout;
        await run("git", ["clone", "--quiet", directory(name), work], { env: gitEnv });
        await run("sh", ["-c", 'printf %s "$1" > "$2"', "sh", content, join(work, path)]);
        await at("add", "-A");
        await at("commit", "--quiet", "-m", "by hand");
        await at("push", "--quiet", "origin", "HEAD:main");
        return (await at("rev-parse", "HEAD")).trim();
      },
    });
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await rm(root, { recursive: true, force: true });
  }
};
