// Where nsbox keeps what it believes later, and what it executes: a box that could write there would get out. Pure.
type Env = Readonly<Record<string, string>>;

/** The folders that can be, for who this is; see src/state/state-folder.ts. */
export function statePlaces(env: Env, uid: number): readonly string[] {
  const given = env["NSBOX_STATE_DIR"] ?? "";
  const runtime = env["XDG_RUNTIME_DIR"] ?? "";
  const places = uid === 0 ? ["/run/nsbox"] : [`/run/user/${uid}/nsbox`];
  if (given.startsWith("/")) places.push(given);
  if (uid !== 0) places.push(runtime.startsWith("/") ? `${runtime}/nsbox` : `/tmp/nsbox-${uid}`);
  return places;
}
