/** The first line of what was thrown. */
export function errorLine(error: unknown): string {
  // Not `instanceof`, as the error may come from another realm.
  const message =
    typeof error === 'object' && error !== null && 'message' in error
      ? String(error.message)
      : String(error);
  return message.trim().split('\n', 1)[0] ?? '';
}
