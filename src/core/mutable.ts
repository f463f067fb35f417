/** A type whose members may be set: for what is put together step by step, and handed on as the type itself. */
export type Mutable<T> = { -readonly [K in keyof T]: T[K] };
