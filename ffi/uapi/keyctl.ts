// linux/keyctl.h: keyctl(2).

/** Operations of keyctl(2). */
export const KEYCTL = { GET_KEYRING_ID: 0, JOIN_SESSION_KEYRING: 1, REVOKE: 3, READ: 11 } as const;

/** Keyrings by their role. */
export const KEY_SPEC = { SESSION_KEYRING: -3, USER_SESSION_KEYRING: -5 } as const;
