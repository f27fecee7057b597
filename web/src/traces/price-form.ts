/** What is typed into the form of a price, as the API takes it. Pure. */

export interface PriceForm {
  provider: string;
  model: string;
  input: string;
  output: string;
  cacheRead: string;
  from: string;
  comment: string;
}

/** A decimal comma is as good as a point; null for what is no price. */
function price(text: string): number | null {
  const plain = text.trim().replace(',', '.');
  if (!/^\d+(\.\d*)?$|^\.\d+$/.test(plain)) return null;
  return Number(plain);
}

/** Null while something needed is missing or no number. */
export function priceBody(form: PriceForm): Record<string, string | number> | null {
  const [input, output, cacheRead] = [price(form.input), price(form.output), price(form.cacheRead)];
  const model = form.model.trim();
  if (!model || input === null || output === null || (form.cacheRead.trim() && cacheRead === null))
    return null;
  const body: Record<string, string | number> = { model, input, output };
  if (form.provider.trim()) body.provider = form.provider.trim();
  if (cacheRead !== null) body.cache_read = cacheRead;
  if (form.from) body.from = form.from;
  if (form.comment.trim()) body.comment = form.comment.trim();
  return body;
}
