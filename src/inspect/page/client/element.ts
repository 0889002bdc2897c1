// Elements without markup: whatever a text holds, it stays a text.

export interface ElementOptions {
  readonly class?: string;
  readonly text?: string;
  readonly title?: string;
  readonly data?: Readonly<Record<string, string>>;
  onClick?(): void;
}

/** A new element with its children. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  options: ElementOptions = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  if (options.class !== undefined) made.className = options.class;
  if (options.text !== undefined) made.textContent = options.text;
  if (options.title !== undefined) made.title = options.title;
  Object.assign(made.dataset, options.data ?? {});
  if (options.onClick !== undefined) made.addEventListener("click", options.onClick.bind(options));
  made.append(...children);
  return made;
}

/** A button that looks like text and leads somewhere on the page. */
export function link(text: string, onClick: () => void): HTMLButtonElement {
  const made = element("button", { class: "link", text, onClick });
  made.type = "button";
  return made;
}
