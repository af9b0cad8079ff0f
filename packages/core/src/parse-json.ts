/** The value of a JSON text, or undefined if it isn't JSON; a schema then rejects it. */
export const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
