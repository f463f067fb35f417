/** What a token endpoint refuses: the error code of RFC 6749 §5.2, the words for people, and the status. */
export class OAuthRefusal extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, detail: string) {
    super(detail);
    this.status = status;
    this.code = code;
  }
}
