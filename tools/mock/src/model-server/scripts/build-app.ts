import { GENERAL_APP, type AppScenario } from "./apps.ts";
import { readScenarioFiles } from "./app-files.ts";
import { colourIn, withAccent } from "./accent.ts";
import { demoNote, impossibleIn } from "./demo.ts";
import { givenName, isChangeRequest, subjectFromPrompt, titleFromPrompt } from "./prompt-words.ts";
import { toolsIn, type Step } from "./script.ts";

/** Files of the template that every app replaces: read first, as the Write tool demands. */
export const TEMPLATE_FILES = ["src/App.tsx", "src/index.css", "index.html"];

/** What the placeholders in an app's sources stand for. */
export const placeholders = (app: AppScenario, prompt: string) => {
  const subject = subjectFromPrompt(prompt, app.defaultTitle);
  const missing = impossibleIn(prompt).join("; ");
  if (app.name === "landing") return { title: givenName(prompt) ?? subject, subject, missing };
  return { title: titleFromPrompt(prompt, app.defaultTitle), subject, missing };
};

const check: Step = (conversation) => ({
  text: "A last look at the files.",
  tools: [toolsIn(conversation).bash("ls -l src src/components", "List the app's source files")],
});

const opening = (app: AppScenario, title: string) =>
  app === GENERAL_APP
    ? `I'm Leo's demo model and play prepared apps only. “${title}” is none of them, so I'll make a plain list in its place. First a look at what is there.`
    : `I'll build “${title}” in the template. First a look at what is there.`;

/** The turns that build an app from the template: look, lay the base, write the app, check, report. */
export const buildAppScript = (app: AppScenario, prompt: string): Step[] => {
  const values = placeholders(app, prompt);
  const colour = colourIn(prompt);

  const look: Step = (conversation) => ({
    text: isChangeRequest(prompt) ? "First a look at the app as it is." : opening(app, values.title),
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
      app === GENERAL_APP
        ? `A plain list stands in for **${values.title}**:`
        : `**${values.title}** is ready.`,
      "",
      ...app.features.map((feature) => `- ${feature}`),
      "- dark and light, with a switch in the corner",
      "- everything you enter is kept in this browser",
      "",
      demoNote(app, prompt),
    ].join("\n"),
  });

  return [look, layBase, writeApp, check, report];
};
