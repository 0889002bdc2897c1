// linux/personality.h: personality(2).

/** Execution domains and their flags. */
export const PERSONALITY = { LINUX: 0, ADDR_NO_RANDOMIZE: 0x40000 } as const;
