// What a box sends to the host that it was let through to: of a plain request its body and no more; of TLS nothing until
// it has said for whom it is; anything else as it comes.
import type { Socket } from "node:net";
import { readClientHello } from "./client-hello.ts";
import { joinBytes } from "./join-bytes.ts";
import { BodyReader, type Framing } from "./request-body.ts";

export interface Filtered {
  readonly pass: Uint8Array;
  /** What comes from here on: is looked at too, passes as it is, or does not pass. */
  readonly then: "look" | "open" | "closed";
  /** Why something was held back. */
  readonly refusal?: string | undefined;
}

/** Looks at pieces as they come. */
export type UploadFilter = (bytes: Uint8Array) => Filtered;

const NOTHING = new Uint8Array(0);

/** Of a plain request its body. */
export function bodyFilter(framing: Framing): UploadFilter {
  const body = new BodyReader(framing);
  return (bytes) => {
    const { pass, ended, refusal } = body.take(bytes);
    return { pass, then: refusal !== undefined && ended ? "closed" : "look", refusal };
  };
}

/** Holds TLS back until it has named its server; `judge` says why that name is refused. */
export function tlsFilter(judge: (name: string) => string | undefined): UploadFilter {
  let held: Uint8Array = NOTHING;
  return (bytes) => {
    held = joinBytes(held, bytes);
    const hello = readClientHello(held);
    if (hello.kind === "more") return { pass: NOTHING, then: "look" };
    if (hello.kind === "malformed") return { pass: NOTHING, then: "closed", refusal: "its TLS can't be read" };
    const refusal = hello.kind === "name" ? judge(hello.name) : undefined;
    return refusal === undefined ? { pass: held, then: "open" } : { pass: NOTHING, then: "closed", refusal };
  };
}

export interface Upload {
  readonly client: Socket;
  readonly upstream: Socket;
  /** Came with the request. */
  readonly first: Uint8Array;
  readonly filter: UploadFilter;
  /** Called once, where something was held back. */
  readonly refused: (reason: string) => void;
}

/** Passes on what the filter lets through, until the box has sent all. */
export function upload({ client, upstream, first, filter, refused }: Upload): void {
  let isClosed = false;
  const look = (bytes: Uint8Array): void => {
    if (isClosed || bytes.length === 0) return;
    const { pass, then, refusal } = filter(bytes);
    if (pass.length > 0 && !upstream.write(pass)) {
      client.pause();
      upstream.once("drain", () => client.resume());
    }
    if (then === "open") {
      client.off("data", look);
      client.off("end", end);
      client.pipe(upstream);
      return;
    }
    isClosed = then === "closed";
    if (refusal !== undefined && isClosed) refused(refusal);
  };
  const end = (): void => void upstream.end();
  client.on("data", look);
  client.on("end", end);
  look(first);
  client.resume();
}
