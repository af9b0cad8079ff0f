/** Guards of published sites. */
import type { Guard } from "./guards.ts";

const SITE = "packages/orchestrator/src/site";
const TEST = "orchestrator/test";

export const SITE_GUARDS: readonly Guard[] = [
  {
    name: "the link of a site",
    edits: [
      {
        file: "packages/orchestrator/src/http/site.ts",
        from: "if (!opens(ownOrigin ? tokenInCookie(c) : inPath, site.token)) return noSite(c);",
        to: "",
      },
    ],
    tests: [
      `${TEST}/site/site-serving.test.ts › a site for those with its link is found by nobody else, and the link leaves the address`,
    ],
  },
  {
    name: "a site's host has one label, which is a name",
    edits: [
      {
        file: `${SITE}/address.ts`,
        from: "return slugProblem(slug) === undefined ? slug : undefined;",
        to: "return slug;",
      },
    ],
    tests: [
      `${TEST}/site/site.test.ts › every name of an app gives a slug; a slug is a host's label and never an id; a host is one thing`,
    ],
  },
  {
    name: "the secret scan before a site is published",
    edits: [
      {
        file: `${SITE}/publish.ts`,
        from: "if (subject.version)",
        to: "if (subject.version && request.confirm)",
      },
    ],
    tests: [
      `${TEST}/site/site.test.ts › what looks like a secret is published only once its owner has seen it`,
    ],
  },
  {
    name: "a site that was taken down stays down",
    edits: [
      { file: `${SITE}/site.ts`, from: "if (!row?.takenDownReason) return;", to: "if (row || !row) return;" },
    ],
    tests: [
      `${TEST}/site/site.test.ts › an operator takes a site down with a reason: visitors get 410, its owner reads why, and it is on record`,
    ],
  },
  {
    name: "the opaque origin of a site under a path",
    edits: [
      {
        file: "packages/orchestrator/src/http/site-headers.ts",
        from: "previewHeaders({ ownOrigin: false }",
        to: "previewHeaders({ ownOrigin: true }",
      },
    ],
    tests: [
      `${TEST}/site/site-browser.test.ts › under a path a site runs with an opaque origin, and reads nothing of Leo's page`,
    ],
  },
];
