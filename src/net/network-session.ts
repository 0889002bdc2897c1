// What stands on the host for one box with a network, from before it starts until it has ended.
import type { BoxInterface, BoxNetwork, Farewell } from "#src/spec/network.ts";

export interface NetworkSession {
  /** For the Spec: what the box will have. */
  readonly network: BoxNetwork;
  /** Makes a device in the network namespace of this process. Throws NsboxError. */
  makeLink(link: BoxInterface, pid: number): void;
  /** Starts the program that is the box's network, and waits until it is ready. Throws NsboxError. */
  startHelper(command: readonly string[], pid: number): void;
  /** What is to be taken back once the box has ended, by whoever is there then. */
  farewell(): Farewell;
  /** Takes it back now: the box has ended, or could not be made. */
  release(): void;
  /** Sockets that hold published ports; whoever waits for the box's end has them open. */
  readonly holds: readonly number[];
}
