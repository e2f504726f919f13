// Reads CloudEvents in structured mode, one a line, with the SDK of the CloudEvents project on npm: each must be valid, and the same
// when the SDK writes it again. Three that are wrong must be refused, so that we know the judge is awake.

import { createInterface } from "node:readline";
import { isDeepStrictEqual } from "node:util";
import { CloudEvent, HTTP } from "cloudevents";

const headers = { "content-type": "application/cloudevents+json" };
const twins = [
  { without: "source" },
  { without: "type" },
  { with: { Upper: "case" } },
];

function judged(line) {
  const event = HTTP.toEvent({ headers, body: line });
  event.validate();
  // An event without data goes out without a content type; the SDK writes one again, and times to the millisecond.
  const again = JSON.parse(HTTP.structured(event).body);
  const ours = JSON.parse(line);
  for (const each of [again, ours]) {
    each.time = new Date(each.time).toISOString();
    if (ours.data === undefined) delete each.datacontenttype;
  }
  return isDeepStrictEqual(again, ours);
}

function refused(line, twin) {
  const event = { ...JSON.parse(line), ...twin.with };
  delete event[twin.without];
  try {
    new CloudEvent(event).validate();
    return false;
  } catch {
    return true;
  }
}

let count = 0;
let first;
for await (const line of createInterface({ input: process.stdin })) {
  first ??= line;
  count += 1;
  if (!judged(line)) {
    console.error(`event ${count} is not the same when it is written again`);
    process.exit(1);
  }
}
const asleep = twins.filter((twin) => !refused(first, twin));
if (count === 0 || asleep.length > 0) {
  console.error(count === 0 ? "no events" : `the judge is asleep: ${JSON.stringify(asleep)}`);
  process.exit(1);
}
console.log(`${count} events valid and the same; ${twins.length} wrong ones refused`);
