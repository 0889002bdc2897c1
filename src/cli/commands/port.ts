// `nsbox port`: which ports of the host lead to a box.
import { JSON_OPTIONS, type JsonDraft } from "#src/cli/box-options.ts";
import { parseOptions } from "#src/cli/parse.ts";
import { NsboxError } from "#src/error.ts";
import { printOut } from "#src/host/print.ts";
import { explainPorts, formatEnd, type PortView, viewPorts } from "#src/net/port-view.ts";

/** Prints them. Throws NsboxError. */
export async function portCommand(argv: readonly string[]): Promise<number> {
  const draft: JsonDraft = { json: false };
  const { words } = parseOptions(JSON_OPTIONS, draft, argv, { command: "port", stopAtWord: false });
  const [box, port, extra] = words;
  if (box === undefined || extra !== undefined) {
    const state = box === undefined ? "no box is named" : `${JSON.stringify(extra)} is one word too many`;
    throw new NsboxError("EUSAGE", `Cannot show ports: ${state}`, { hint: "write nsbox port BOX, or BOX PORT[/udp]" });
  }
  const wanted = port === undefined ? undefined : parseBoxPort(port);
  const all = viewPorts(box);
  const ports = wanted === undefined ? all : onlyPort(all, box, wanted);
  if (draft.json) printOut(`${JSON.stringify(ports, null, 2)}\n`);
  else if (port !== undefined) printOut(ports.map((one) => `${formatEnd(one)}\n`).join(""));
  else printOut(explainPorts(ports));
  return 0;
}

type BoxPort = Pick<PortView, "boxPort" | "protocol">;

/** "53/udp"; tcp where nothing is said. */
function parseBoxPort(text: string): BoxPort {
  const match = /^(\d{1,5})(?:\/(tcp|udp))?$/.exec(text);
  if (match === null) {
    throw new NsboxError("EUSAGE", `Cannot use ${JSON.stringify(text)}: it is not a port of the box`, {
      hint: "write for example nsbox port web 80, or 53/udp",
    });
  }
  return { boxPort: Number(match[1]), protocol: match[2] === "udp" ? "udp" : "tcp" };
}

/** Those that lead to this port of the box. Throws NsboxError where none does, so that a script notices. */
function onlyPort(all: readonly PortView[], box: string, { boxPort, protocol }: BoxPort): readonly PortView[] {
  const found = all.filter((one) => one.boxPort === boxPort && one.protocol === protocol);
  if (found.length > 0) return found;
  throw new NsboxError("ESPEC", `Cannot find a port of the host that leads to ${boxPort}/${protocol} of "${box}"`, {
    hint: `nsbox port ${box} lists those that there are`,
  });
}
