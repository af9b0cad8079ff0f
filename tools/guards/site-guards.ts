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
        from: "if (!opens(ownOrigin ? cookiesNamed(c, COOKIE)[0] : inPath, site.token)) return noSite(c);",
        to: "",
      },
    ],
    tests: [
      `${TEST}/site/site-serving.test.ts › a site shared by link is invisible to others, and the link disappears from the address`,
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
      `${TEST}/site/site.test.ts › every app name gives a valid slug, which is never an id; a host has one meaning`,
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
      `${TEST}/site/site.test.ts › a version with apparent secrets is published only after its owner has reviewed them`,
    ],
  },
  {
    name: "a site that was taken down stays down",
    edits: [
      { file: `${SITE}/site.ts`, from: "if (!row?.takenDownReason) return;", to: "if (row || !row) return;" },
    ],
    tests: [
      `${TEST}/site/site.test.ts › taking a site down needs a reason: visitors get 410, its owner reads why, and it's audited`,
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
      `${TEST}/site/site-browser.test.ts › under a path a site has an opaque origin and can't read Leo's page`,
    ],
  },
];
