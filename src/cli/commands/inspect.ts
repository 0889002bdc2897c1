export async function inspectCommand(_: readonly string[]): Promise<number> {
  return 0;
}
