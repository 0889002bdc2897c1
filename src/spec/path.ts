// Absolute paths as text. Nothing here touches a file system.

/** An absolute path without ".", "..", double or trailing slashes; relative ones start at `from`. */
export function normalPath(path: string, from: string): string {
  const parts: string[] = [];
  for (const part of (path.startsWith("/") ? path : `${from}/${path}`).split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}

/** Whether `path` lies strictly below `folder`; both absolute and normal. */
export function isBelow(path: string, folder: string): boolean {
  return path !== folder && (folder === "/" || path.startsWith(`${folder}/`));
}

/** Whether `path` is `folder` or lies below it; both absolute and normal. */
export function isWithin(path: string, folder: string): boolean {
  return path === folder || isBelow(path, folder);
}

/** "/a/b/c" → ["/a", "/a/b"]. */
export function parentPaths(path: string): readonly string[] {
  const parents: string[] = [];
  for (let at = path.indexOf("/", 1); at > 0; at = path.indexOf("/", at + 1)) parents.push(path.slice(0, at));
  return parents;
}
