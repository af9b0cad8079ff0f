/** Invisible characters: spaces, control and formatting characters, fillers, the braille blank. */
const INVISIBLE = /[\s\p{Cc}\p{Cf}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]/gu;

/** Whether the text is invisible, whatever its length. */
export const isBlank = (text: string): boolean => text.replaceAll(INVISIBLE, "") === "";
