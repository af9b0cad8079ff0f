/**
 * Translates places in built scripts into places in the app's sources, so that the agent sees the line it wrote. Builds
 * make source maps for this; they are moved out of the output and aren't part of a version.
 */
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { originalPositionFor, sourceContentFor, TraceMap } from "@jridgewell/trace-mapping";
import { BRIDGE } from "@leo/core/preview/serving.ts";
import { isSystemError } from "../error-text.ts";
import { listFiles } from "../workspace/files.ts";

/** Lines shown around the failing one. */
const CONTEXT_LINES = 2;
const LINE_MAX_CHARS = 160;
/** Stack frames worth showing. */
const FRAMES_MAX = 8;

/**
 * Moves a build's maps out of its output, if there are any.
 * @param publicDir files that are copied unchanged; maps among them are the app's own and stay
 */
export const moveSourceMaps = async (dist: string, to: string, publicDir: string): Promise<void> => {
  await rm(to, { recursive: true, force: true });
  if (!existsSync(dist)) return;
  const { files } = await listFiles(dist, true);
  const paths = new Set(files.map(({ path }) => path));
  for (const path of paths) {
    const isMap = path.endsWith(".map") && paths.has(path.slice(0, -".map".length));
    if (!isMap || existsSync(join(publicDir, path))) continue;
    await mkdir(dirname(join(to, path)), { recursive: true });
    await rename(join(dist, path), join(to, path));
  }
};

const readText = async (path: string): Promise<string | undefined> => {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (isSystemError(error, "ENOENT") || isSystemError(error, "ENOTDIR") || isSystemError(error, "EISDIR"))
      return undefined;
    throw error;
  }
};

/** `src/App.tsx`, or `node_modules/react-dom/…` for a package, without the directories before it. */
const sourceName = (source: string) => {
  const packages = source.lastIndexOf("node_modules/");
  return packages === -1 ? source.replace(/^\/+/, "") : source.slice(packages);
};

interface Place {
  source: string;
  /** From 1. */
  line: number;
  column: number;
  content: string | undefined;
}

const excerptOf = ({ source, line, content }: Place): string | undefined => {
  const lines = content?.split("\n");
  if (!lines || line > lines.length) return undefined;
  const from = Math.max(1, line - CONTEXT_LINES);
  const shown = lines.slice(from - 1, line + CONTEXT_LINES).map((text, index) => {
    const number = from + index;
    return `${number === line ? ">" : " "} ${String(number).padStart(4)} | ${text.slice(0, LINE_MAX_CHARS)}`;
  });
  return `${source}:${line}\n${shown.join("\n")}`;
};

const BRIDGE_LINES = BRIDGE.split("\n").length - 1;

export class Sources {
  readonly #dist: string;
  readonly #maps: string;
  readonly #known = new Map<string, Promise<TraceMap | undefined>>();

  /** @param maps where `moveSourceMaps` put them; undefined if there are none */
  constructor(dist: string, maps: string) {
    this.#dist = dist;
    this.#maps = maps;
  }

  /**
   * An error's text with the places in it as places in the sources, and the line that failed.
   * @param fileOf the built file that an address is, or undefined for one that is not the app's
   */
  async explain(text: string, fileOf: (url: string) => string | undefined): Promise<string> {
    const lines: string[] = [];
    let excerpt: string | undefined;
    let frames = 0;
    for (const line of text.split("\n")) {
      const [, before = "", url = "", row, column, after = ""] =
        /^(.*?)(https?:\/\/[^\s()]+?):(\d+):(\d+)(.*)$/.exec(line) ?? [];
      const file = url && fileOf(url);
      if (!file) {
        lines.push(line);
        continue;
      }
      frames += 1;
      if (frames > FRAMES_MAX) continue;
      const place = await this.#find(file, Number(row), Number(column));
      lines.push(`${before}${place.source}:${place.line}:${place.column}${after}`);
      if (!place.source.startsWith("node_modules/")) excerpt ??= excerptOf(place);
    }
    return excerpt ? `${lines.join("\n")}\n${excerpt}` : lines.join("\n");
  }

  async #find(file: string, line: number, column: number): Promise<Place> {
    const map = await this.#mapOf(file);
    const found = map && originalPositionFor(map, { line, column: Math.max(0, column - 1) });
    if (map && found?.source) {
      const content = sourceContentFor(map, found.source) ?? undefined;
      return { source: sourceName(found.source), line: found.line, column: found.column + 1, content };
    }
    const content = await readText(join(this.#dist, file));
    // The bridge comes first in every page.
    const isShifted = /\.html?$/i.test(file) && line > BRIDGE_LINES;
    return { source: file, line: isShifted ? line - BRIDGE_LINES : line, column, content };
  }

  #mapOf(file: string): Promise<TraceMap | undefined> {
    const known = this.#known.get(file);
    if (known) return known;
    const reading = readText(join(this.#maps, `${file}.map`)).then(
      // Sources are relative to the script in `dist`.
      (text) => (text === undefined ? undefined : new TraceMap(text, `/dist/${file}.map`)),
    );
    this.#known.set(file, reading);
    return reading;
  }
}
