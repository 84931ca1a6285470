// Preloaded into a process: sends it the signal SIGNAL when it has said the words WHEN on standard error.
const { SIGNAL, WHEN } = process.env;
const write = process.stderr.write.bind(process.stderr);
let said = '';
let sent = false;
process.stderr.write = (text, ...rest) => {
  const result = write(text, ...rest);
  said += text;
  if (WHEN && !sent && said.includes(WHEN)) {
    sent = true;
    process.kill(process.pid, SIGNAL);
  }
  return result;
};
