/** What leaves no mark: spaces, control and formatting characters, fillers, the braille blank. */
const INVISIBLE = /[\s\p{Cc}\p{Cf}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]/gu;

/** Whether nothing of the text can be seen, whatever its length. */
export const isBlank = (text: string): boolean => text.replaceAll(INVISIBLE, "") === "";
