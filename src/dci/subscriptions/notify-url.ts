/**
 * Where the notifications of a subscription go: beside the address of its reply, else where its sender is to be called
 * in general (dci.md §7.3, §15.1). An address that ends in no operation is called as it is.
 */
export const notifyUrl = (senderUri: string | undefined, callback: string | undefined): string | undefined => {
  const address = senderUri ?? callback;
  if (address === undefined || !URL.canParse(address)) return address;
  const url = new URL(address);
  url.pathname = url.pathname.replace(/\/(?:on-[a-z]+|txn\/on-status)\/?$/, '/notify');
  return url.href;
};
