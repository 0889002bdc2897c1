// Which build this is: what one build has left ready, no other takes up.

/** Put in by scripts/build.ts, which tells the front the same; missing where the source runs as it is. */
declare const NSBOX_BUILD: string | undefined;

/** 64 bits; undefined where there is no front. */
export function buildId(): bigint | undefined {
  return typeof NSBOX_BUILD === "string" ? BigInt(NSBOX_BUILD) : undefined;
}
