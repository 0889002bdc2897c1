// Boxes by name in what `ls` shows: the kernel knows only their first process.
import { NsboxError } from "#src/error.ts";
import type { NamespaceGraph } from "#src/inspect/namespace-graph.ts";
import { boxLabel } from "#src/inspect/name-boxes.ts";

/** The same graph with the names that your own boxes have; where those can't be read, a note says why. */
export async function nameOwnBoxes(graph: NamespaceGraph): Promise<NamespaceGraph> {
  if (!graph.processes.some(({ box }) => box !== undefined)) return graph;
  const { listBoxes } = await import("#src/state/box-store.ts");
  try {
    const running = listBoxes().filter(({ life }) => life !== "ended");
    const names = new Map(running.map(({ name, record }) => [boxLabel(record.process.pid), name]));
    const named = (box: string | undefined): string | undefined => names.get(box ?? "") ?? box;
    return { ...graph, processes: graph.processes.map((one) => ({ ...one, box: named(one.box) })) };
  } catch (error) {
    if (!(error instanceof NsboxError)) throw error;
    return { ...graph, notes: [...graph.notes, `the names of your boxes are not known: ${error.message}`] };
  }
}
