// `nsbox net create|ls|inspect|rm|connect|disconnect|prune`.
import {
  emptyNetDraft,
  NET_CONNECT_OPTIONS,
  NET_CREATE_OPTIONS,
  NET_OUTPUT_OPTIONS,
  NET_RM_OPTIONS,
  type NetDraft,
} from "#src/cli/net-options.ts";
import type { Option } from "#src/cli/option.ts";
import { parseOptions } from "#src/cli/parse.ts";
import { nearest } from "#src/spec/suggest.ts";
import { NsboxError } from "#src/error.ts";
import { printOut } from "#src/host/print.ts";
import { checkRoot, makeNetwork, pruneNetworks, removeNetworks, viewNetworks } from "#src/net/manage-networks.ts";
import { connectBox, disconnectBox } from "#src/net/connect-box.ts";
import { explainNetwork, explainNetworks } from "#src/net/network-view.ts";
import { parseSubnet } from "#src/net/subnet.ts";
import { planInterfaces } from "#src/plan/steps/network.ts";
import { playInNetns } from "#src/run/play-in-netns.ts";
import { parseNetworkName } from "#src/spec/grammar/parse-network.ts";

interface Said {
  readonly words: readonly string[];
  readonly draft: NetDraft;
}

interface Verb {
  readonly options: readonly Option<NetDraft>[];
  /** How many words: at least, at most. */
  readonly words: readonly [min: number, max: number];
  readonly usage: string;
  /** Does it; gives what to print, for people and as JSON. */
  act(said: Said): { readonly text: string; readonly json: unknown };
}

const MANY = 1000;

const VERBS: Readonly<Record<string, Verb>> = {
  create: { options: NET_CREATE_OPTIONS, words: [1, 1], usage: "nsbox net create NAME", act: create },
  ls: { options: NET_OUTPUT_OPTIONS, words: [0, 0], usage: "nsbox net ls", act: ls },
  inspect: { options: NET_OUTPUT_OPTIONS, words: [1, MANY], usage: "nsbox net inspect NAME…", act: inspect },
  rm: { options: NET_RM_OPTIONS, words: [1, MANY], usage: "nsbox net rm NAME…", act: rm },
  connect: { options: NET_CONNECT_OPTIONS, words: [2, 2], usage: "nsbox net connect NETWORK BOX|PID", act: connect },
  disconnect: {
    options: NET_OUTPUT_OPTIONS,
    words: [2, 2],
    usage: "nsbox net disconnect NETWORK BOX|PID",
    act: disconnect,
  },
  prune: { options: NET_OUTPUT_OPTIONS, words: [0, 0], usage: "nsbox net prune", act: prune },
};

/** Throws NsboxError. */
export async function netCommand(argv: readonly string[]): Promise<number> {
  const [word = "", ...rest] = argv;
  const verb = Object.hasOwn(VERBS, word) ? VERBS[word] : undefined;
  if (verb === undefined) throw unknownVerb(word);
  const draft = emptyNetDraft();
  const { words } = parseOptions(verb.options, draft, rest, { command: `net ${word}`, stopAtWord: false });
  const [min, max] = verb.words;
  if (words.length < min || words.length > max) {
    const state = words.length < min ? "a name is missing" : `${JSON.stringify(words[max])} is one too many`;
    throw new NsboxError("EUSAGE", `Cannot do net ${word}: ${state}`, { hint: `write ${verb.usage}` });
  }
  const { text, json } = verb.act({ words, draft });
  printOut(draft.json ? `${JSON.stringify(json, null, 2)}\n` : text);
  return 0;
}

function unknownVerb(word: string): NsboxError {
  const verbs = Object.keys(VERBS);
  const near = word === "" ? undefined : nearest(word, verbs);
  const message =
    word === "" ? "Cannot do nothing: net takes a verb" : `Cannot do net ${JSON.stringify(word)}: no such verb`;
  return new NsboxError("EUSAGE", message, {
    hint: near === undefined ? `the verbs are ${verbs.join(", ")}` : `did you mean nsbox net ${near}?`,
  });
}

function create({ words: [word = ""], draft }: Said): ReturnType<Verb["act"]> {
  const name = parseNetworkName(word);
  if (!draft.ipv6 && draft.subnet6 !== undefined)
    throw new NsboxError("EUSAGE", "Cannot use --subnet6 with --no-ipv6", { hint: "leave one of them out" });
  checkRoot("make a network");
  const subnetOf = (text: string | undefined) => (text === undefined ? undefined : parseSubnet(text));
  const { ipv6, internal, mtu } = draft;
  const wish = { name, subnet: subnetOf(draft.subnet), subnet6: subnetOf(draft.subnet6), ipv6, internal, mtu };
  const view = makeNetwork(wish);
  const subnets = view.subnets.map(({ subnet }) => subnet).join(" and ");
  return { text: `made ${name} with ${subnets}; nsbox run --net bridge:${name} joins it\n`, json: view };
}

function ls(): ReturnType<Verb["act"]> {
  const views = viewNetworks([]);
  return { text: explainNetworks(views), json: views };
}

function inspect({ words }: Said): ReturnType<Verb["act"]> {
  const views = viewNetworks(words);
  return { text: views.map(explainNetwork).join("\n"), json: views };
}

function rm({ words, draft }: Said): ReturnType<Verb["act"]> {
  removeNetworks(words, draft.force);
  return { text: "", json: { removed: words } };
}

function connect({ words: [network = "", box = ""], draft }: Said): ReturnType<Verb["act"]> {
  const joined = connectBox(network, box, draft, (link, pid) => playInNetns(pid, planInterfaces([link])));
  return { text: `${box} is in ${network} as ${joined.ip4}, on ${joined.device}\n`, json: joined };
}

function disconnect({ words: [network = "", box = ""] }: Said): ReturnType<Verb["act"]> {
  disconnectBox(network, box);
  return { text: "", json: { network, box } };
}

function prune(): ReturnType<Verb["act"]> {
  const pruned = pruneNetworks();
  const lines = Object.entries(pruned).flatMap(([what, names]) => names.map((name: string) => `${what}: ${name}\n`));
  return { text: lines.length === 0 ? "nothing to clear away\n" : `cleared away\n${lines.join("")}`, json: pruned };
}
