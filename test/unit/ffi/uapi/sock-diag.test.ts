import { describe, expect, test } from "bun:test";
import { packRequest } from "#ffi/uapi/netlink.ts";
import {
  getTcpListeners,
  INET_DIAG_MSG,
  INET_DIAG_REQ_V2,
  parseDiagSocket,
  SOCK_DIAG_BY_FAMILY,
  TCPF_LISTEN,
} from "#ffi/uapi/sock-diag.ts";
import { type HeaderStruct, noHeaders, structDifferences } from "./headers.ts";

test("TCPF_LISTEN is the bit of TCP_LISTEN", () => {
  const TCP_LISTEN = 10;
  expect(TCPF_LISTEN).toBe(1 << TCP_LISTEN);
});

test("getTcpListeners() asks for one family, TCP, and that state alone", () => {
  const bytes = packRequest(getTcpListeners(10), 1);
  expect(bytes.length).toBe(16 + INET_DIAG_REQ_V2.size);
  expect([...bytes.subarray(16, 24)]).toEqual([10, 6, 0, 0, 0, TCPF_LISTEN >> 8, 0, 0]);
  expect(bytes.subarray(24).every((byte) => byte === 0)).toBe(true);
});

describe("parseDiagSocket()", () => {
  const body = new Uint8Array(INET_DIAG_MSG.size);
  body.set([2, 10, 0, 0, 0x1f, 0x90, 0, 0, 127, 0, 0, 1]);
  const view = new DataView(body.buffer);
  view.setUint32(64, 1000, true);
  view.setUint32(68, 1679, true);
  const message = { type: SOCK_DIAG_BY_FAMILY, flags: 0, sequence: 1, body };

  test("gives where it listens, whose it is, and its inode", () => {
    const socket = { family: 2, address: new Uint8Array([127, 0, 0, 1]), port: 8080, uid: 1000, inode: 1679 };
    expect(parseDiagSocket(message)).toEqual(socket);
    const second = new Uint8Array([10, ...body.subarray(1)]);
    expect(parseDiagSocket({ ...message, body: second })?.address.length).toBe(16);
  });

  test("gives nothing for another message, or less of one", () => {
    expect(parseDiagSocket({ ...message, type: 3 })).toBeUndefined();
    expect(parseDiagSocket({ ...message, body: body.subarray(1) })).toBeUndefined();
  });
});

const STRUCTS: readonly HeaderStruct[] = [
  { name: "struct inet_diag_req_v2", headers: ["linux/inet_diag.h"], layout: INET_DIAG_REQ_V2 },
  { name: "struct inet_diag_msg", headers: ["linux/inet_diag.h"], layout: INET_DIAG_MSG },
];

describe.skipIf(noHeaders)("sock-diag.ts and the headers (needs cc and kernel headers)", () => {
  test.each(STRUCTS)("$name is laid out as the headers lay it out", (struct) => {
    expect(structDifferences(struct)).toEqual([]);
  });
});
