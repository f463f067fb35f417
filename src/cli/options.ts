/** For commander options that may be given more than once. */
export const collect = (value: string, earlier: string[]): string[] => [...earlier, value];
