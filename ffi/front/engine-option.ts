// What the front asks of the engine: no thread that gets memory ready beforehand. It would start once 64 blocks of the
// heap are in use, and prepare more than nsbox ever takes. The engine takes options by its environment alone.

/** How the engine's options begin. Whoever gives one of their own gets all as they want them. */
export const ENGINE_PREFIX = "BUN_JSC_";

/** A value that the engine takes for "false", and nobody else writes: by it nsbox knows its own. */
export const ENGINE_OPTION: { readonly name: string; readonly value: string } = {
  name: `${ENGINE_PREFIX}useWarmUpMarkedBlocks`,
  value: "fAlSe",
};
