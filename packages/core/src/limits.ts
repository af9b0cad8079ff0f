/** Numbers that more than one part must agree on. A setting may lower them, never raise them. */
export const LIMITS = {
  /** Characters in a request. */
  promptMaxChars: 15_000,
  appNameMaxChars: 80,
  /** One WebSocket frame, either direction. */
  frameMaxBytes: 1024 * 1024,
  /** One text field inside an event; longer ones are truncated and say so. */
  eventTextMaxChars: 20_000,
  /** Time a browser has to send `hello`, a generator to send `ready` after connecting. */
  helloTimeoutMs: 5_000,
  pingIntervalMs: 25_000,
  peerSilentMs: 60_000,
  /** RUNNING and `ready` must both arrive within this time after the launch. */
  startTimeoutMs: 180_000,
  heartbeatLostMs: 90_000,
  stalledMs: 600_000,
  deadlineMs: 3_600_000,
  /** A queued generation gives up after this. */
  queueExpiryMs: 24 * 3_600_000,
  /** A failed attempt is followed by the next one after this time. */
  attemptRetryMs: 1_000,
  /** How long `cancel` may take before the task is stopped from outside. */
  cancelGraceMs: 60_000,
  /** A capacity failure is retried for this long before the generation fails. */
  capacityRetryMs: 600_000,
  maxAttempts: 2,
  /**
   * How often a run may wait for the model; each time costs starting its task again. With the pauses below this
   * covers a ten-hour outage; a run that waits for a usage limit waits once or twice.
   */
  modelWaitsMax: 24,
  /** The first wait if the API names no time; each further one doubles it. Also the shortest wait. */
  modelWaitMinMs: 60_000,
  /** The longest of those waits: a run notices the end of an outage at most this much later. */
  modelWaitMaxMs: 1_800_000,
  /** While only the operator can help, one run may start after this time, then after twice as long, up to `modelWaitMaxMs`. */
  modelProbeMs: 120_000,
  fileMaxBytes: 10 * 1024 * 1024,
  artifactMaxBytes: 200 * 1024 * 1024,
  artifactMaxFiles: 5_000,
  /**
   * Events of one generation, unless a setting says otherwise. Text is coalesced to at most 20 events a second, so
   * an hour of constant writing makes 72,000.
   */
  runMaxEvents: 200_000,
  /** Bytes of their bodies, unless a setting says otherwise. A busy hour makes about 10 MB; a flooding generator reached 20 MB a second. */
  runMaxEventBytes: 64 * 1024 * 1024,
  /** A checkpoint: the largest workspace, the agent's session, and a margin. */
  checkpointMaxBytes: 1024 * 1024 * 1024,
  /** Objects of one attempt, unless a setting says otherwise: a version's files twice (sources and build), a checkpoint a minute, and a margin. */
  runMaxObjects: 11_000,
  /** Bytes of one attempt, unless a setting says otherwise: a version, and an 80 MB checkpoint every minute for an hour. */
  runMaxUploadBytes: 5 * 1024 * 1024 * 1024,
  /** Tokens are collected for at least this long before they become an event. */
  coalesceMs: 50,
  /** Unacknowledged messages a generator may hold: enough to keep working while the last ones are committed. */
  outboxMax: 4_000,
  /** Versions that one user may restore or copy in 24 hours. */
  copiesPerDay: 100,
  /** Requests that may wait during a run. */
  userMessagesMax: 10,
  siteSlugMinChars: 3,
  /** A DNS label has up to 63; a shorter one can be read aloud. */
  siteSlugMaxChars: 50,
  siteMaxFiles: 5_000,
  siteMaxBytes: 100 * 1024 * 1024,
  /** Published sites of one user. */
  sitesPerUser: 20,
  /** Total size of the live versions of one user's sites. */
  siteBytesPerUser: 1024 * 1024 * 1024,
  /** Earlier versions that a site keeps, for rollback and for pages that are still open. */
  siteVersionsHeld: 5,
  /** How long a site's old address redirects to the new one. */
  siteRedirectDays: 30,
} as const;
