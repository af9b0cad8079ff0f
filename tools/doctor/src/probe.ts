import { reasonOf } from "@leo/core/explain.ts";

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
}

const ANSWER_MAX_CHARS = 1_000_000;

/**
 * One HTTP request, without following redirects.
 * @returns the response, or why there is none
 */
export const probe = async (
  url: string,
  signal: AbortSignal,
  init: RequestInit = {},
): Promise<Answer | { unreachable: string }> => {
  try {
    const response = await fetch(url, { redirect: "manual", ...init, signal });
    const text = (await response.text()).slice(0, ANSWER_MAX_CHARS);
    return { status: response.status, headers: response.headers, text };
  } catch (error) {
    return { unreachable: reasonOf(error) };
  }
};
