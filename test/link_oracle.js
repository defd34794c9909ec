// What digital-link.js says of addresses: one a line in, one line of JSON out. Run by test_link_oracle.py.
//   valid: as its isValid(); grammar: by its grammar alone, without check digits; parts as it splits them
const {DigitalLink} = require('digital-link.js');
const readline = require('readline');

const decoded = pairs => Object.entries(pairs).map(pair => pair.map(decodeURIComponent));

readline.createInterface({input: process.stdin}).on('line', line => {
  let said = {valid: false, grammar: false};
  try {
    const link = DigitalLink(line);
    const valid = link.isValid();
    said = {
      valid,
      grammar: valid || link.getValidationTrace().success,
      stem: link.getDomain(),
      key: decoded(link.getIdentifier()),
      qualifiers: decoded(link.getKeyQualifiers()),
      attributes: decoded(link.getAttributes()),
    };
  } catch (error) {
    said.error = error.message;
  }
  console.log(JSON.stringify(said));
});
