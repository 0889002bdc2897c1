// A host of the test's own: a network namespace in which nsbox makes bridges, and another one that is "outside", with
// a cable between the two. Nothing of the machine's own network is touched.
import { copyFileSync, existsSync } from "node:fs";
import { type RunningNsbox, type RunResult, runCommand, NSBOX, type TempDir, tempDir, waitFor } from "./nsbox.ts";

/** Addresses at both ends of the cable; outside knows no way to any other. */
export const CABLE = { host4: "198.51.100.1", outside4: "198.51.100.2", host6: "2001:db8::1", outside6: "2001:db8::2" };

/** A network namespace that ends with its process. */
class Netns {
  readonly #holder: Bun.Subprocess<"pipe", "pipe", "inherit">;

  private constructor(holder: Bun.Subprocess<"pipe", "pipe", "inherit">) {
    this.#holder = holder;
  }

  static async open(): Promise<Netns> {
    // /sys shows the namespace of who mounts it.
    const script = "mount -t sysfs sysfs /sys; ip link set lo up; echo ready; exec cat";
    const words = ["unshare", "--net", "--mount", "--propagation", "private", "sh", "-c", script];
    const holder = Bun.spawn(words, { stdin: "pipe", stdout: "pipe", stderr: "inherit" });
    const reader = holder.stdout.getReader();
    await reader.read();
    return new Netns(holder);
  }

  get pid(): number {
    return this.#holder.pid;
  }

  words(command: readonly string[]): string[] {
    return ["nsenter", "-t", String(this.pid), "-n", "-m", "--", ...command];
  }

  async close(): Promise<void> {
    this.#holder.kill("SIGKILL");
    await this.#holder.exited;
  }
}

/** A box that is running on the host; ended with its block. */
export interface HostBox extends AsyncDisposable {
  readonly child: RunningNsbox;
  /** The command's first line. */
  readonly ready: string;
}

/** See above. */
export class NetHost implements AsyncDisposable {
  readonly #host: Netns;
  readonly #outside: Netns;
  readonly state: TempDir;

  private constructor(host: Netns, outside: Netns, state: TempDir) {
    this.#host = host;
    this.#outside = outside;
    this.state = state;
  }

  static async open(): Promise<NetHost> {
    const host = new NetHost(await Netns.open(), await Netns.open(), tempDir());
    const { host4, outside4, host6, outside6 } = CABLE;
    await host.must(`ip link add up0 type veth peer name out0 netns ${host.#outside.pid}
      ip addr add ${host4}/24 dev up0; ip addr add ${host6}/64 dev up0 nodad; ip link set up0 up
      ip route add default via ${outside4}; ip -6 route add default via ${outside6}
      mount -t tmpfs -o mode=755 tmpfs /dev/net; mknod -m 666 /dev/net/tun c 10 200`);
    await host.outside(
      `ip addr add ${outside4}/24 dev out0; ip addr add ${outside6}/64 dev out0 nodad; ip link set out0 up`,
    );
    await waitFor(() => host.#hears(), "both ends of the cable to be found by IPv6");
    return host;
  }

  /**
   * KERNEL: who looks for an address of IPv6 asks a group, and gives up after 3 s; a work queue, which may be long where
   * many network namespaces come and go, puts an address into its group after it is there.
   */
  async #hears(): Promise<boolean> {
    const [here, there] = [
      await this.must("ip -6 maddr show dev up0"),
      await this.outside("ip -6 maddr show dev out0"),
    ];
    return here.includes("ff02::1:ff00:1") && there.stdout.includes("ff02::1:ff00:2");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#host.close();
    await this.#outside.close();
    this.state[Symbol.dispose]();
  }

  /** The words that run nsbox as an ordinary user, who can reach a copy of it wherever the test's own lies. */
  userNsbox(...args: readonly string[]): readonly string[] {
    const copy = this.state.join("nsbox");
    if (!existsSync(copy)) copyFileSync(NSBOX, copy);
    const user = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "env", "HOME=/nonexistent"];
    return [...user, copy, ...args];
  }

  /** A command on the host, to its end. */
  run(command: readonly string[]): Promise<RunResult> {
    return runCommand(this.#host.words(command), { env: this.env, cwd: "/" });
  }

  /** A process that is on the host and in no box. */
  get pid(): number {
    return this.#host.pid;
  }

  get env(): Record<string, string> {
    return { ...(process.env as Record<string, string>), NSBOX_STATE_DIR: this.state.path }; // no value is undefined
  }

  /** A shell script on the host. */
  sh(script: string): Promise<RunResult> {
    return runCommand(this.#host.words(["sh", "-c", script]), { env: this.env, cwd: "/" });
  }

  /** The same, which must end well; gives its output. */
  async must(script: string): Promise<string> {
    const { stdout, stderr, exitCode } = await this.sh(script);
    if (exitCode !== 0) throw new Error(`${script}: ${exitCode}\n${stdout}${stderr}`);
    return stdout;
  }

  /** A shell script on another host, at the far end of the cable. */
  outside(script: string): Promise<RunResult> {
    return runCommand(this.#outside.words(["sh", "-c", script]), { cwd: "/" });
  }

  nsbox(...args: readonly string[]): Promise<RunResult> {
    return runCommand(this.#host.words([NSBOX, ...args]), { env: this.env, cwd: "/" });
  }

  /** A script in a box to its end. */
  inBox(flags: readonly string[], script: string): Promise<RunResult> {
    return this.nsbox("run", ...flags, "--", "sh", "-c", script);
  }

  /** Starts a box and waits until its script has printed a line. */
  async start(flags: readonly string[], script: string): Promise<HostBox> {
    return started(this.#host.words([NSBOX, "run", ...flags, "--", "sh", "-c", script]), this.env);
  }

  /** Starts a box and comes back at once. */
  startLater(flags: readonly string[], script: string): RunningNsbox {
    const words = this.#host.words([NSBOX, "run", ...flags, "--", "sh", "-c", script]);
    return Bun.spawn(words, { stdin: "pipe", stdout: "pipe", stderr: "pipe", env: this.env, cwd: "/" });
  }

  /** A program outside that goes on, once it has printed a line. */
  async startOutside(command: readonly string[]): Promise<HostBox> {
    return started(this.#outside.words(command), this.env);
  }

  /** The same on the host itself. */
  async startHere(command: readonly string[]): Promise<HostBox> {
    return started(this.#host.words(command), this.env);
  }
}

async function started(words: string[], env: Record<string, string>): Promise<HostBox> {
  const child = Bun.spawn(words, { stdin: "pipe", stdout: "pipe", stderr: "pipe", env, cwd: "/" });
  const reader = child.stdout.getReader();
  const { value, done } = await reader.read();
  if (done) throw new Error(`it did not start: ${await child.stderr.text()}`);
  return {
    child,
    ready: new TextDecoder().decode(value).trim(),
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await child.exited;
    },
  };
}

/** A server that tells each client its address, over HTTP and both versions of IP: words to start it with. */
export function addressServer(port: number): readonly string[] {
  const code = `Bun.serve({ hostname: "::", port: ${port}, fetch: (request, server) => new Response(server.requestIP(request).address) }); console.log("ready")`;
  return [process.execPath, "-e", code];
}

/** A shell script for a box: says hello over HTTP on this port, over both versions of IP. */
export function helloServer(port: number, hello: string): string {
  const page = `mkdir /tmp/www; printf %s ${hello} > /tmp/www/index.html`;
  // It listens before it goes to the background.
  return `${page}; busybox httpd -p '[::]:${port}' -h /tmp/www; echo ready; exec sleep 1000`;
}
