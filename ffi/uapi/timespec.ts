// struct timespec, see timespec(3type).

/** A time of so many milliseconds, rounded up: who waits must not wake too early. */
export function timespec(ms: number): Uint8Array {
  const whole = BigInt(Math.max(0, Math.ceil(ms)));
  return new Uint8Array(new BigInt64Array([whole / 1000n, (whole % 1000n) * 1_000_000n]).buffer);
}
