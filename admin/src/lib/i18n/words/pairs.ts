/** Both languages of a wording beside each other: Chinese, English. */
export type Pairs = Readonly<Record<string, readonly [zh: string, en: string]>>;

const side = <Words extends Pairs>(words: Words, index: 0 | 1): Record<keyof Words, string> =>
  Object.fromEntries(Object.entries(words).map(([key, pair]) => [key, pair[index]])) as Record<
    keyof Words,
    string
  >;
export const inChinese = <Words extends Pairs>(words: Words): Record<keyof Words, string> => side(words, 0);
export const inEnglish = <Words extends Pairs>(words: Words): Record<keyof Words, string> => side(words, 1);
