// undici names its errors by these codes.
const SILENT = ['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT'];

/** What went wrong with a request, as the end of a sentence whose subject is the other server. */
export const describeFailure = (error: unknown): string => {
  if (error instanceof DOMException && error.name === 'TimeoutError') return 'did not answer in time';
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'UND_ERR_CONNECT_TIMEOUT') return 'did not take the connection in time';
  if (SILENT.includes(code)) return 'fell silent';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'has a name that cannot be looked up';
  if (code === 'ECONNREFUSED') return 'refused the connection';
  if (code.startsWith('ERR_TLS') || code.includes('CERT') || code.includes('SIGNATURE'))
    return 'has no valid certificate';
  return 'broke the connection';
};
