from django.db import migrations, models


def rebuild_all(apps, schema_editor):
    """Boards built before have no rank intervals, and their overall boards do not exist yet."""
    apps.get_model("leaderboard", "Board").objects.update(dirty=True)


class Migration(migrations.Migration):

    dependencies = [
        ('leaderboard', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='board',
            name='paired',
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='board',
            name='pairs',
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='boardentry',
            name='borda',
            field=models.FloatField(null=True),
        ),
        migrations.AddField(
            model_name='boardentry',
            name='rank_high',
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddField(
            model_name='boardentry',
            name='rank_low',
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddField(
            model_name='boardentry',
            name='tier',
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddConstraint(
            model_name='boardentry',
            constraint=models.CheckConstraint(condition=models.Q(('rank_low__isnull', True), models.Q(('rank_high__gte', models.F('rank')), ('rank_low__lte', models.F('rank'))), _connector='OR'), name='entry_rank_within_interval'),
        ),
        migrations.RunPython(rebuild_all, migrations.RunPython.noop),
    ]
