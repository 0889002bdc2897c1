/** Told of each round of a loop that takes long, counted from 0, and of the functions that it calls. */
export type OnRound = (round: number, functions: readonly ((...args: never) => unknown)[]) => void;

export const NOBODY_TOLD: OnRound = () => {};
