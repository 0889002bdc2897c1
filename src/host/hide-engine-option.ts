// The variable that the front adds, see ffi/front/engine-option.ts. The engine has read it by now: it is no command's.
import { ENGINE_OPTION } from "#ffi/front/engine-option.ts";

/** Takes it out of `process.env`. Bun.spawn() without `env` would pass it on all the same: a test allows none. */
export function hideEngineOption(): void {
  const { name, value } = ENGINE_OPTION;
  if (process.env[name] === value) delete process.env[name];
}
