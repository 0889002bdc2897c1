// `npm run fuzz [-- CASES [SEED]]`: the parsers under more random text than the tests try. Prints the seed, so that
// what fails can be made to fail again.

/** Runs the fuzz tests; gives bun's exit code. */
function fuzz(cases: string, seed: string): number {
  if (!/^[1-9]\d*$/.test(cases) || !/^\d+$/.test(seed)) {
    console.error("usage: npm run fuzz [-- CASES [SEED]]");
    return 1;
  }
  console.log(`${cases} cases for each parser, from seed ${seed}`);
  const { exitCode } = Bun.spawnSync([process.execPath, "test", "--timeout=3600000", "./test/unit/fuzz"], {
    env: { ...process.env, NSBOX_FUZZ_CASES: cases, NSBOX_FUZZ_SEED: seed },
    stdio: ["ignore", "inherit", "inherit"],
  });
  return exitCode;
}

if (import.meta.main)
  process.exitCode = fuzz(process.argv[2] ?? "1000000", process.argv[3] ?? String(Date.now() % 2 ** 31));
