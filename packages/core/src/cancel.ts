/** Thrown by a callback to leave a scope early; the loop goes on after that scope. */
export class Cancel extends Error {
  readonly scope: 'step' | 'batch' | 'train' | 'validate' | 'epoch' | 'fit';

  constructor(scope: Cancel['scope']) {
    const name = `Cancel${scope.charAt(0).toUpperCase()}${scope.slice(1)}`;
    super(`${name} was thrown outside of the loop's ${scope}`);
    this.name = name;
    this.scope = scope;
  }
}

/** Skips this optimizer step: `optimizer.step` and `afterStep` don't run, `afterBatch` does. */
export class CancelStep extends Cancel {
  constructor() {
    super('step');
  }
}

/** Skips the rest of this batch; `afterBatch` still runs. */
export class CancelBatch extends Cancel {
  constructor() {
    super('batch');
  }
}

/** Skips the rest of this epoch's training; `afterTrain` and validation still run. */
export class CancelTrain extends Cancel {
  constructor() {
    super('train');
  }
}

/** Skips the rest of this validation; `afterValidate` still runs. */
export class CancelValidate extends Cancel {
  constructor() {
    super('validate');
  }
}

/** Skips the rest of this epoch, validation included; `afterEpoch` still runs. */
export class CancelEpoch extends Cancel {
  constructor() {
    super('epoch');
  }
}

/** Ends the fit; `afterFit` still runs and the history so far is returned. */
export class CancelFit extends Cancel {
  constructor() {
    super('fit');
  }
}
