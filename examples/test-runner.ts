// A test runner that gives each test file a box of its own: no file can hinder another, nor leave anything behind.
//
//   bun examples/test-runner.ts test/one.test.ts test/two.test.ts
import { availableParallelism } from "node:os";
import { box } from "nsbox";

interface Outcome {
  readonly file: string;
  readonly passed: boolean;
  readonly output: string;
}

async function runTestFile(file: string): Promise<Outcome> {
  await using sandbox = await box({
    // The project and Bun are seen where they are, read-only. What a test writes to /tmp vanishes with its box.
    ro: [process.cwd(), process.execPath],
    workdir: process.cwd(),
    net: "none", // each has a loopback of its own, so all can use the same port
    timeout: "2m",
  });
  const { exitCode, stdout, stderr } = await sandbox.exec([process.execPath, "test", `./${file}`]);
  return { file, passed: exitCode === 0, output: stdout + stderr };
}

const files: string[] = process.argv.slice(2);
const outcomes: Outcome[] = [];

async function worker(): Promise<void> {
  for (let file = files.shift(); file !== undefined; file = files.shift()) {
    const outcome = await runTestFile(file);
    outcomes.push(outcome);
    console.log(`${outcome.passed ? "ok  " : "FAIL"}  ${file}`);
    if (!outcome.passed) console.log(outcome.output);
  }
}

await Promise.all(Array.from({ length: availableParallelism() }, worker));
process.exitCode = outcomes.every(({ passed }) => passed) ? 0 : 1;
