// A tool server for an AI agent: each session is a box, and the agent's commands run in it. JSON over HTTP, on loopback.
//
//   bun examples/tool-server.ts WORKSPACE     prints a line of JSON: the server's URL, and the token to send along
//
//   POST   /sessions                 → { "session": "…" }
//   POST   /sessions/ID  { "command": ["sh", "-c", "…"], "stdin": "…", "timeout": "30s" }
//                                    → { "exitCode": 0, "stdout": "…", "stderr": "…", "timedOut": false }
//   DELETE /sessions/ID
import { type Box, box, NsboxError } from "nsbox";

const workspace: string = process.argv[2] ?? process.cwd();
const token: string = crypto.randomUUID();
const sessions: Map<string, Box> = new Map();

async function openSession(): Promise<Response> {
  const session = crypto.randomUUID();
  const sandbox = await box({
    rw: workspace, // what the agent works on, and all that it can change; git hooks and their like stay as they are
    workdir: workspace,
    hostname: "agent",
    // Package registries, for example, but nothing else: allowHosts: ["packages.example.com"]
    rlimits: { nofile: 1024, nproc: 256 },
    timeout: "1h",
  });
  sessions.set(session, sandbox);
  void sandbox.exited.then(() => sessions.delete(session));
  return Response.json({ session });
}

interface Request {
  readonly command: string[];
  readonly stdin?: string;
  readonly timeout?: string;
}

async function runCommand(sandbox: Box, { command, stdin = "", timeout = "1m" }: Request): Promise<Response> {
  // Whatever the command leaves running, a development server for example, is there for the next one.
  const result = await sandbox.exec(command, { stdin: new TextEncoder().encode(stdin), timeout, maxBuffer: 1_000_000 });
  const { exitCode, stdout, stderr, timedOut, truncated } = result;
  return Response.json({ exitCode, stdout, stderr, timedOut, truncated });
}

async function answer(request: globalThis.Request): Promise<Response> {
  if (request.headers.get("authorization") !== `Bearer ${token}`) return new Response("who are you?", { status: 401 });
  const { pathname } = new URL(request.url);
  if (request.method === "POST" && pathname === "/sessions") return openSession();
  const sandbox = sessions.get(pathname.replace("/sessions/", ""));
  if (sandbox === undefined) return new Response("no such session", { status: 404 });
  if (request.method === "POST") return runCommand(sandbox, (await request.json()) as Request); // checked by exec()
  await sandbox.close();
  return new Response(null, { status: 204 });
}

const server = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  fetch: answer,
  error(error) {
    if (!(error instanceof NsboxError)) throw error;
    // The agent reads this too: what went wrong, and what to do about it.
    const { code, message, hint } = error;
    return Response.json({ error: { code, message, hint } }, { status: 400 });
  },
});

// All sessions end with this process, even by SIGKILL.
console.log(JSON.stringify({ url: server.url.href, token }));
