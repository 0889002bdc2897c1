// The version, as package.json has it; a test holds the two together.

/** As in semver. */
export const VERSION = "0.1.0";
