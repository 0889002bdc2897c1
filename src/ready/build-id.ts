// Which build this is: what one build has left ready, no other takes up.

/** Put in by scripts/build.ts, which tells the front the same; 0 or missing where there is no front to look for boxes. */
declare const NSBOX_BUILD: string | undefined;

/** 64 bits; undefined where there is no front. */
export function buildId(): bigint | undefined {
  const build = typeof NSBOX_BUILD === "string" ? BigInt(NSBOX_BUILD) : 0n;
  return build === 0n ? undefined : build;
}
