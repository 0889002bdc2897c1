// Names of pinned namespaces, where flags and words name them.
import { NsboxError } from "#src/error.ts";
import { type Pin, pinPath, readPins } from "#src/pin/pin-store.ts";
import type { NamespaceOption, RunOptions } from "#src/spec/options.ts";
import { NAMESPACE_TYPES, type NamespaceType } from "#src/spec/spec.ts";
import { nearest } from "#src/spec/suggest.ts";

const NAMES_MAX = 8;

/** Words that `run` takes in place of a name. */
const WORDS: readonly string[] = ["new", "host"];

/**
 * The pin with this name; `type` is what a flag wants of it, which takes these other words too. Throws NsboxError ESPEC,
 * with the nearest name.
 */
export function findPin(pins: readonly Pin[], name: string, type?: NamespaceType, words: readonly string[] = []): Pin {
  const found = pins.find((pin) => pin.name === name);
  if (found !== undefined) return found;
  throw new NsboxError("ESPEC", `Cannot find ${JSON.stringify(name)}: no namespaces are pinned under this name`, {
    hint: hintFor(
      name,
      pins.map((pin) => pin.name),
      type,
      words,
    ),
  });
}

function hintFor(
  name: string,
  names: readonly string[],
  type: NamespaceType | undefined,
  words: readonly string[],
): string {
  const near = nearest(name, [...names, ...words]);
  if (near !== undefined) return `did you mean ${near}?`;
  const all = `${names.slice(0, NAMES_MAX).join(", ")}${names.length > NAMES_MAX ? ", …" : ""}`;
  const make = `nsbox ns pin NAME ${pinFlag(type ?? "net")} makes them`;
  const there = names.length > 0 ? `these are: ${all}` : `none are yet; ${make}`;
  return type === undefined ? there : `write ${[...words, "a PID"].join(", ")}, a path, or a pinned name: ${there}`;
}

function pinFlag(type: NamespaceType): string {
  return type === "user" ? "--userns" : `--${type}`;
}

/** The same options with a path for each name. */
export function resolvePins(options: RunOptions): RunOptions {
  return { ...options, namespaces: resolveNames(options.namespaces, WORDS) };
}

/**
 * A path for each name; `words` are what else may stand there.
 *
 * Who may not enter a namespace by himself may from its owner: unless --userns says something else, a pin's user
 * namespace is entered with it.
 */
export function resolveNames(given: NamespaceOptions, words: readonly string[]): NamespaceOptions {
  const pins = readPins();
  const namespaces: Partial<Record<NamespaceType, NamespaceOption>> = { ...given };
  for (const type of NAMESPACE_TYPES) {
    const option = given[type];
    if (option?.kind !== "name") continue;
    const pin = findPin(pins, option.name, type, words);
    namespaces[type] = pathOf(pin, type);
    if (namespaces.user === undefined && typesOf(pin).includes("user")) namespaces.user = pathOf(pin, "user");
  }
  return namespaces;
}

type NamespaceOptions = Readonly<Partial<Record<NamespaceType, NamespaceOption>>>;

function pathOf(pin: Pin, type: NamespaceType): NamespaceOption {
  const { name, record, broken } = pin;
  const types = typesOf(pin);
  if (record === undefined || broken !== undefined) {
    throw new NsboxError("ESPEC", `Cannot enter ${JSON.stringify(name)}: ${broken ?? "it was not finished"}`, {
      hint: `let it go and make it anew: nsbox ns rm ${name}`,
    });
  }
  if (types.includes(type)) return { kind: "path", path: pinPath({ name, holder: record.holder }, type) };
  throw new NsboxError("ESPEC", `Cannot enter ${JSON.stringify(name)}: no ${type} namespace is pinned under it`, {
    hint: `it has ${types.join(" ")}`,
  });
}

function typesOf({ record }: Pin): readonly NamespaceType[] {
  return record?.namespaces.map(({ type }) => type) ?? [];
}

/** What to write where a pin is named in place of a box or PID; undefined where no pin has this name. */
export function hintForPin(command: string, name: string): string | undefined {
  const pin = readPins().find((one) => one.name === name);
  if (pin === undefined) return undefined;
  const types = typesOf(pin).filter((type) => type !== "user");
  const flags = (types.length > 0 ? types : typesOf(pin)).map((type) => `${pinFlag(type)} ${name}`).join(" ");
  const does = command === "exec" ? `nsbox exec ${flags} -- COMMAND` : `nsbox ns ls ${name} shows them`;
  return `namespaces are pinned under this name: ${does}`;
}
