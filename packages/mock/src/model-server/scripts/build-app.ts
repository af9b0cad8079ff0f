import type { AppScenario } from "./apps.ts";
import { readScenarioFiles } from "./app-files.ts";
import { colourIn, withAccent } from "./accent.ts";
import { givenName, isChangeRequest, subjectFromPrompt, titleFromPrompt } from "./prompt-words.ts";
import { toolsIn, type Step } from "./script.ts";

/** Files of the template that every app replaces: read first, as the Write tool demands. */
export const TEMPLATE_FILES = ["src/App.tsx", "src/index.css", "index.html"];

/** What the placeholders in an app's sources stand for. */
export const placeholders = (app: AppScenario, prompt: string) => {
  const subject = subjectFromPrompt(prompt, app.defaultTitle);
  if (app.name === "landing") return { title: givenName(prompt) ?? subject, subject };
  return { title: titleFromPrompt(prompt, app.defaultTitle), subject };
};

const check: Step = (conversation) => ({
  text: "A last look at the files.",
  tools: [toolsIn(conversation).bash("ls -l src src/components", "List the app's source files")],
});

/** The turns that build an app from the template: look, lay the base, write the app, check, report. */
export const buildAppScript = (app: AppScenario, prompt: string): Step[] => {
  const values = placeholders(app, prompt);
  const colour = colourIn(prompt);

  const look: Step = (conversation) => ({
    text: isChangeRequest(prompt)
      ? "First a look at the app as it is."
      : `I'll build “${values.title}” in the template. First a look at what is there.`,
    tools: TEMPLATE_FILES.map(toolsIn(conversation).read),
  });

  const layBase: Step = async (conversation) => {
    const { write, edit, seen } = toolsIn(conversation);
    const html = seen("index.html");
    const heading = html && /<title>[^<]*<\/title>/.exec(html)?.[0];
    const wanted = `<title>${values.title}</title>`;
    const shared = await readScenarioFiles("shared", values);
    const painted = shared.map(({ path, content }) =>
      write(path, colour && path.endsWith(".css") ? withAccent(content, colour) : content),
    );
    return {
      text: "The frame comes first: the page shell with its light and dark theme, and state that survives a reload.",
      tools: [...(heading && heading !== wanted ? [edit("index.html", heading, wanted)] : []), ...painted],
    };
  };

  const writeApp: Step = async (conversation) => {
    const { write } = toolsIn(conversation);
    const files = await readScenarioFiles(app.name, values);
    return {
      text: `Now the app itself: ${app.features[0]}.`,
      tools: files
        .toSorted((a, b) => Number(a.path === "src/App.tsx") - Number(b.path === "src/App.tsx"))
        .map(({ path, content }) => write(path, content)),
    };
  };

  const report: Step = () => ({
    text: [
      `**${values.title}** is ready.`,
      "",
      ...app.features.map((feature) => `- ${feature}`),
      "- dark and light, with a switch in the corner",
      "- everything you enter is kept in this browser",
    ].join("\n"),
  });

  return [look, layBase, writeApp, check, report];
};
