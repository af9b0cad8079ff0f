/** @param {string} sentence */
export const say = (sentence) => console.log(`leo: ${sentence}`);

/** A reason to stop that a person can act on. */
export class SetupError extends Error {}
