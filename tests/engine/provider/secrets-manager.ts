import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateSecretCommand,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { ifThere } from './cloud';
import type { ResourceType } from './resource-type';
import { changeTags, tagList, type Tags, tagsOf } from './tags';

const GONE = 'ResourceNotFoundException';
const CURRENT = 'AWSCURRENT';

/** Days, where the program says nothing. */
const RECOVERY_WINDOW = 30;

type SecretInputs = {
  name: string;
  description?: string;
  kmsKeyId?: string;
  recoveryWindowInDays?: number;
  tags?: Tags;
};

/** Its id is its ARN. */
const secret: ResourceType = {
  properties: {
    name: { reaches: 'CreateSecret Name', replaces: true },
    description: { reaches: 'CreateSecret, UpdateSecret Description' },
    kmsKeyId: { reaches: 'CreateSecret, UpdateSecret KmsKeyId' },
    recoveryWindowInDays: { reaches: 'DeleteSecret RecoveryWindowInDays; ForceDeleteWithoutRecovery for 0' },
    tags: { reaches: 'CreateSecret, TagResource Tags, UntagResource TagKeys' },
  },
  outputs: ['arn'],
  autoName: { property: 'name', maxLength: 512 },
  async create({ secretsManager }, inputs: SecretInputs) {
    const { ARN: arn = '' } = await secretsManager.send(
      new CreateSecretCommand({
        Name: inputs.name,
        Description: inputs.description,
        KmsKeyId: inputs.kmsKeyId,
        Tags: tagList(inputs.tags),
      }),
    );
    return { id: arn, outputs: { arn } };
  },
  async read({ secretsManager }, SecretId, { recoveryWindowInDays }: Partial<SecretInputs>) {
    const found = await ifThere(secretsManager.send(new DescribeSecretCommand({ SecretId })), GONE);
    if (found === undefined || found.DeletedDate !== undefined) return undefined;
    return {
      name: found.Name,
      description: found.Description === '' ? undefined : found.Description,
      kmsKeyId: found.KmsKeyId,
      // Secrets Manager learns of it at the deletion.
      recoveryWindowInDays,
      tags: tagsOf(found.Tags),
      arn: found.ARN,
    };
  },
  async update({ secretsManager }, SecretId, news: SecretInputs, olds: SecretInputs) {
    const { description: Description = '', kmsKeyId: KmsKeyId = '' } = news;
    if (Description !== (olds.description ?? '') || KmsKeyId !== (olds.kmsKeyId ?? '')) {
      await secretsManager.send(new UpdateSecretCommand({ SecretId, Description, KmsKeyId }));
    }
    await changeTags(news.tags, olds.tags, {
      set: (tags) => secretsManager.send(new TagResourceCommand({ SecretId, Tags: tagList(tags) })),
      remove: (TagKeys) => secretsManager.send(new UntagResourceCommand({ SecretId, TagKeys })),
    });
    return {};
  },
  async delete({ secretsManager }, SecretId, { recoveryWindowInDays = RECOVERY_WINDOW }: SecretInputs) {
    const how =
      recoveryWindowInDays === 0
        ? { ForceDeleteWithoutRecovery: true }
        : { RecoveryWindowInDays: recoveryWindowInDays };
    await ifThere(secretsManager.send(new DeleteSecretCommand({ SecretId, ...how })), GONE);
  },
};

type VersionInputs = { secretId: string; secretString: string };

/** Its id is `secretId|versionId`. */
const secretVersion: ResourceType = {
  properties: {
    secretId: { reaches: 'PutSecretValue SecretId', replaces: true },
    secretString: { reaches: 'PutSecretValue SecretString', replaces: true },
  },
  outputs: ['arn', 'versionId', 'versionStages'],
  secretOutputs: ['secretString'],
  async create({ secretsManager }, { secretId: SecretId, secretString: SecretString }: VersionInputs) {
    const made = await secretsManager.send(new PutSecretValueCommand({ SecretId, SecretString }));
    const { ARN: arn, VersionId: versionId = '', VersionStages: versionStages } = made;
    return { id: `${SecretId}|${versionId}`, outputs: { arn, versionId, versionStages } };
  },
  async read({ secretsManager }, id) {
    const names = namesOf(id);
    // A secret that waits for its deletion is answered as an invalid request.
    const found = await ifThere(secretsManager.send(new GetSecretValueCommand(names)), GONE, 'InvalidRequestException');
    if (found === undefined) return undefined;
    return {
      secretId: names.SecretId,
      secretString: found.SecretString,
      arn: found.ARN,
      versionId: found.VersionId,
      versionStages: found.VersionStages,
    };
  },
  /** As the AWS provider does: takes the stages away that it knows of. What is current cannot lose that one. */
  async delete({ secretsManager }, id, { versionStages = [] }: { versionStages?: string[] }) {
    const { SecretId, VersionId: RemoveFromVersionId } = namesOf(id);
    for (const VersionStage of versionStages.filter((stage) => stage !== CURRENT)) {
      const command = new UpdateSecretVersionStageCommand({ SecretId, VersionStage, RemoveFromVersionId });
      await ifThere(secretsManager.send(command), GONE, 'InvalidRequestException');
    }
  },
};

function namesOf(id: string): { SecretId: string; VersionId: string } {
  const [SecretId = '', VersionId = ''] = id.split('|');
  return { SecretId, VersionId };
}

export const secretsManager: Record<string, ResourceType> = {
  'aws:secretsmanager/secret:Secret': secret,
  'aws:secretsmanager/secretVersion:SecretVersion': secretVersion,
};
