// linux/netlink.h: messages and attributes of AF_NETLINK sockets, packed and parsed; see netlink(7).
//
//   nlmsghdr  len u32 | type u16 | flags u16 | seq u32 | pid u32
//   body      a struct of the family, then attributes
//   nlattr    len u16 | type u16 | payload, filled up to 4 bytes
import { concatBytes } from "./concat-bytes.ts";
import { defineStruct, type Struct } from "./struct.ts";

/** Protocols of an AF_NETLINK socket. */
export const NETLINK = { ROUTE: 0, NETFILTER: 12 } as const;

/** Types of messages that every family has. */
export const NLMSG = { NOOP: 1, ERROR: 2, DONE: 3, OVERRUN: 4 } as const;

/** Flags of a message. The second line is of requests that get, the third of requests that make. */
export const NLM_F = {
  REQUEST: 0x1,
  MULTI: 0x2,
  ACK: 0x4,
  DUMP_INTR: 0x10,
  CAPPED: 0x100,
  ACK_TLVS: 0x200,
  ROOT: 0x100,
  MATCH: 0x200,
  DUMP: 0x300,
  REPLACE: 0x100,
  EXCL: 0x200,
  CREATE: 0x400,
} as const;

/** Options of the level SOL_NETLINK: EXT_ACK explains errors, CAP_ACK leaves the request out of them. */
export const NETLINK_OPTION = { CAP_ACK: 10, EXT_ACK: 11, GET_STRICT_CHK: 12 } as const;

/** Attributes of an error: a text, and where in the request the fault lies. */
export const NLMSGERR_ATTR = { MSG: 1, OFFS: 2 } as const;

/** Bits of an attribute's type that say what is in it. */
export const NLA = { F_NESTED: 0x8000, F_NET_BYTEORDER: 0x4000, TYPE_MASK: 0x3fff } as const;

const NLMSGHDR_FIELDS = [
  ["nlmsg_len", "u32"],
  ["nlmsg_type", "u16"],
  ["nlmsg_flags", "u16"],
  ["nlmsg_seq", "u32"],
  ["nlmsg_pid", "u32"],
] as const;

/** `struct nlmsghdr`. */
export const NLMSGHDR: Struct<(typeof NLMSGHDR_FIELDS)[number][0]> = defineStruct(NLMSGHDR_FIELDS);

/** `struct sockaddr_nl`: address 0 is the kernel's. */
export const SOCKADDR_NL = { size: 12, offsets: { nl_family: 0, nl_pid: 4, nl_groups: 8 } } as const;

/** In an answer of the type NLMSG_ERROR: the negative errno, 0 where all went well. */
export const NLMSGERR_ERROR_OFFSET = 16;

export type Bytes = Uint8Array<ArrayBuffer>;

/** One attribute: bytes as they are, a number as u32, a text with its NUL, a list as nested attributes. */
export interface Attribute {
  readonly type: number;
  readonly value: Uint8Array | number | string | readonly Attribute[];
}

/** A message to the kernel. */
export interface NetlinkRequest {
  readonly type: number;
  readonly flags: number;
  /** The family's own struct. */
  readonly header: Uint8Array;
  readonly attributes: readonly Attribute[];
}

const encoder: TextEncoder = new TextEncoder();
const decoder: TextDecoder = new TextDecoder();

/** The bytes of a request, with NLM_F_REQUEST and NLM_F_ACK. Throws RangeError where an attribute is too long. */
export function packRequest({ type, flags, header, attributes }: NetlinkRequest, sequence: number): Bytes {
  const body = concatBytes([padded(header), packAttributes(attributes)]);
  const head = NLMSGHDR.pack({
    nlmsg_len: NLMSGHDR.size + body.length,
    nlmsg_type: type,
    nlmsg_flags: flags | NLM_F.REQUEST | NLM_F.ACK,
    nlmsg_seq: sequence,
  });
  return concatBytes([head, body]);
}

const ATTRIBUTE_HEAD = 4;
const ATTRIBUTE_MAX = 0xffff;

/** Attributes one behind the other. */
export function packAttributes(attributes: readonly Attribute[]): Bytes {
  const parts: Uint8Array[] = [];
  for (const { type, value } of attributes) {
    const payload = payloadBytes(value);
    const length = ATTRIBUTE_HEAD + payload.length;
    if (length > ATTRIBUTE_MAX) throw new RangeError(`Cannot pack attribute ${type}: ${payload.length} bytes`);
    const bytes = new Uint8Array(align(length));
    const view = new DataView(bytes.buffer);
    view.setUint16(0, length, true);
    view.setUint16(2, Array.isArray(value) ? type | NLA.F_NESTED : type, true);
    bytes.set(payload, ATTRIBUTE_HEAD);
    parts.push(bytes);
  }
  return concatBytes(parts);
}

function payloadBytes(value: Attribute["value"]): Uint8Array {
  if (typeof value === "number") return u32(value);
  if (typeof value === "string") return encoder.encode(`${value}\0`);
  return value instanceof Uint8Array ? value : packAttributes(value);
}

/** A u32 as the machine has it. */
export function u32(value: number): Bytes {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}

function align(length: number): number {
  return (length + 3) & ~3;
}

function padded(bytes: Uint8Array): Bytes {
  const whole = new Uint8Array(align(bytes.length));
  whole.set(bytes);
  return whole;
}

/** A message of the kernel. */
export interface NetlinkMessage {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  readonly body: Uint8Array;
}

/** The messages in what one read gave; what is cut off or says a wrong length ends them. */
export function parseMessages(bytes: Uint8Array): readonly NetlinkMessage[] {
  const view = viewOf(bytes);
  const messages: NetlinkMessage[] = [];
  for (let at = 0; at + NLMSGHDR.size <= bytes.length;) {
    const length = view.getUint32(at, true);
    if (length < NLMSGHDR.size || at + length > bytes.length) break;
    messages.push({
      type: view.getUint16(at + NLMSGHDR.offsets.nlmsg_type, true),
      flags: view.getUint16(at + NLMSGHDR.offsets.nlmsg_flags, true),
      sequence: view.getUint32(at + NLMSGHDR.offsets.nlmsg_seq, true),
      body: bytes.subarray(at + NLMSGHDR.size, at + length),
    });
    at += align(length);
  }
  return messages;
}

/** Attributes by type, the last of each; what is cut off ends them. Of a list of types only those: a link has fifty. */
export function parseAttributes(bytes: Uint8Array, wanted?: readonly number[]): ReadonlyMap<number, Uint8Array> {
  const view = viewOf(bytes);
  const attributes = new Map<number, Uint8Array>();
  for (let at = 0; at + ATTRIBUTE_HEAD <= bytes.length;) {
    const length = view.getUint16(at, true);
    if (length < ATTRIBUTE_HEAD || at + length > bytes.length) break;
    const type = view.getUint16(at + 2, true) & NLA.TYPE_MASK;
    if (wanted === undefined || wanted.includes(type))
      attributes.set(type, bytes.subarray(at + ATTRIBUTE_HEAD, at + length));
    at += align(length);
  }
  return attributes;
}

/** What the kernel answered to a request: 0 or an errno, and the text that explains it. */
export interface Acknowledgement {
  readonly errno: number;
  readonly text: string | undefined;
}

/** The body of NLMSG_ERROR. */
export function parseAcknowledgement({ body, flags }: NetlinkMessage): Acknowledgement {
  if (body.length < 4) return { errno: 0, text: undefined };
  const view = viewOf(body);
  const errno = Math.abs(view.getInt32(0, true)); // never -0
  if ((flags & NLM_F.ACK_TLVS) === 0 || body.length < 4 + NLMSGHDR.size) return { errno, text: undefined };
  // The request's header follows, and with it, unless it is capped, the request.
  const request = (flags & NLM_F.CAPPED) === 0 ? view.getUint32(4, true) : NLMSGHDR.size;
  const text = parseAttributes(body.subarray(4 + align(Math.min(request, body.length)))).get(NLMSGERR_ATTR.MSG);
  return { errno, text: text === undefined ? undefined : textOf(text) };
}

/** A text up to its NUL. */
export function textOf(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return decoder.decode(end === -1 ? bytes : bytes.subarray(0, end));
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
